import { status } from '@grpc/grpc-js';

/** An answer that is an error: what the caller gets as code and text. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;
  readonly details: string;

  constructor(code: number, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

/** An error as gRPC sends it: Go's servers give `Unknown` to what has no code of its own. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { code, details } = error as { code?: unknown; details?: unknown };
  if (typeof code === 'number' && typeof details === 'string' && code in status) return new Refusal(code, details);
  return new Refusal(status.UNKNOWN, error instanceof Error ? error.message : String(error));
}
