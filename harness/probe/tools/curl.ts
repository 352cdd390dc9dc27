import type { Outcome } from '../outcome.ts';
import { type ToolExit, withoutRoute } from './tool-exit.ts';

/** One transfer as curl tells it (curl(1), --write-out). */
export interface CurlExit extends ToolExit {
  /** `%{http_code}`; undefined where nobody asked for it. */
  readonly status?: number;
  readonly body: string;
  /** `%{errormsg}`, and what else is known of the reason. */
  readonly error: string;
  /**
   * Whether a connection was made: `%{num_connects}` is more than 0, or the transfer had one that was open. Not
   * `%{time_connect}`, which is 0 until the TLS handshake has ended (curl 7.88 and later).
   */
  readonly hadConnection: boolean;
  /** `%{time_connect}`; 0 where curl does not tell. */
  readonly connectedAfterMs: number;
}

/** The outcome of a transfer. Exit codes are those of curl(1). */
export function curlOutcome(exit: CurlExit): Outcome {
  const { code, status, body, error, afterMs } = exit;
  if (code === 0) return status === undefined ? { kind: 'connected', afterMs } : { kind: 'answered', status, body, afterMs };
  const text = `curl: (${code}) ${error.trim()}`;
  switch (code) {
    case 6:
      return { kind: 'name-error', text, afterMs };
    case 7:
      // A connection that was reset before curl had looked at it is no refusal.
      if (exit.hadConnection || /reset by peer/i.test(error)) return { kind: 'reset', afterMs };
      return { kind: withoutRoute.test(error) ? 'unreachable' : 'refused', afterMs };
    case 28:
      return exit.hadConnection ? { kind: 'no-answer', ...connectionOf(exit), afterMs } : { kind: 'timeout', afterMs };
    case 52:
    case 55:
    case 56:
      return { kind: 'reset', ...connectionOf(exit), afterMs };
    case 60:
      return { kind: 'untrusted', text, afterMs };
    default:
      return brokenHandshake.test(error) ? { kind: 'reset', ...connectionOf(exit), afterMs } : { kind: 'failed', text, afterMs };
  }
}

/** curl has one exit code for all that ends a TLS handshake; the other side broke this one off. */
const brokenHandshake = /reset by peer|SSL_ERROR_SYSCALL|unexpected eof/;

function connectionOf({ connectedAfterMs }: CurlExit): { readonly connectedAfterMs?: number } {
  return connectedAfterMs > 0 ? { connectedAfterMs } : {};
}
