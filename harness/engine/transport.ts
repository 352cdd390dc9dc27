import pRetry from 'p-retry';

/** A connection that failed before the peer answered; for what has no error code of its own, as a shell that was cut off. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
}

/** Codes of failures before a byte of a request was sent (errno(3), Node's dns, undici, Node's tls). */
const unsentCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Codes of failures after which the peer may have the request (errno(3), undici, Node's http2 and streams). */
const cutCodes = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_SESSION_ERROR',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** UNAVAILABLE (grpc.io: Status Codes). */
const grpcUnavailable = 14;

interface Failure {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  /** Of a web socket's event. */
  readonly error?: unknown;
  /** Of an AggregateError: one for each address that was tried. */
  readonly errors?: unknown;
  /** Of gRPC: what the peer sent along with its status. */
  readonly metadata?: unknown;
}

/** Whether a connection failed before the peer answered. An answer, whatever its status, is none. */
export function isTransportFailure(error: unknown): boolean {
  return chainOf(error).some((each) => each instanceof TransportFailure || isUnsent(each) || isCut(each));
}

/** Whether a connection failed before a byte of the request was sent: the peer cannot have acted on it. */
export function isUnsentFailure(error: unknown): boolean {
  return chainOf(error).some(isUnsent);
}

function isUnsent({ code, syscall, message }: Failure): boolean {
  if (code === 'ETIMEDOUT') return syscall === 'connect';
  // Node's words for a handshake that the peer cut, which has the code of any other reset (lib/internal/tls/wrap.js).
  if (code === 'ECONNRESET') return typeof message === 'string' && message.includes('before secure TLS connection was established');
  return typeof code === 'string' && unsentCodes.has(code);
}

function isCut({ code, metadata }: Failure): boolean {
  if (code === grpcUnavailable) return !isFromPeer(metadata);
  return typeof code === 'string' && cutCodes.has(code);
}

/** A peer's own status comes with headers, at least its content type; one that the channel makes has none. */
function isFromPeer(metadata: unknown): boolean {
  const { getMap } = (metadata ?? {}) as { getMap?: unknown };
  return typeof getMap === 'function' && Object.keys(getMap.call(metadata) as object).length > 0;
}

/** An error with all that caused it; a cause that leads back to itself ends there. */
function chainOf(error: unknown): Failure[] {
  const found = new Set<Failure>();
  const open: unknown[] = [error];
  while (open.length > 0) {
    const each = open.pop();
    if (typeof each !== 'object' || each === null || found.has(each)) continue;
    found.add(each);
    const { cause, error: inner, errors } = each as Failure;
    open.push(cause, inner, ...(Array.isArray(errors) ? errors : []));
  }
  return [...found];
}

/** One repetition, for the record of the run. */
export interface TransportRetry {
  readonly what: string;
  /** Of the attempt that failed, from 1. */
  readonly attempt: number;
  readonly reason: string;
}

export interface TransportOptions {
  readonly retries: number;
  readonly signal?: AbortSignal | undefined;
  /** Before each repetition; none unless given. */
  readonly everyMs?: number;
  /** Instead of isTransportFailure, for example for a request that must not be sent twice. */
  readonly isRetried?: (error: unknown) => boolean;
  /** Called before each repetition. */
  readonly onRetry?: ((retry: TransportRetry) => void) | undefined;
}

/**
 * Repeats an operation whose connection failed; throws the last failure as it is. An answer of the peer is never asked for
 * twice, and the deadline or the end of the signal is final.
 */
export async function overTransport<T>(
  what: string,
  operation: (attempt: number) => Promise<T>,
  { retries, signal, everyMs = 0, isRetried = isTransportFailure, onRetry }: TransportOptions,
): Promise<T> {
  return pRetry(operation, {
    retries,
    minTimeout: everyMs,
    factor: 1,
    signal,
    shouldRetry: ({ error, attemptNumber }) => {
      if (!isRetried(error)) return false;
      onRetry?.({ what, attempt: attemptNumber, reason: error.message });
      return true;
    },
  });
}
