import { isIP } from 'node:net';
import { errorText } from '../../engine/error-text.ts';
import { type TransportRetry, isTransportFailure, isUnsentFailure, overTransport } from '../../engine/transport.ts';
import type { ApiServer, Caller } from './caller.ts';
import type { WireAnswer, WireRequest } from './exchange.ts';

/** Where the API is reached. */
export interface Access {
  readonly endpoint: string;
  readonly isFallback: boolean;
  /** Why it is not the documented endpoint; empty when it is. */
  readonly reason: string;
}

/** The API servers behind an endpoint. */
interface Fallbacks {
  /** Hosts that lead to this cluster: a kubeconfig that names another is of a cluster that nobody has documented. */
  readonly of: readonly string[];
  /** Addresses, in the order in which they are tried. */
  readonly addresses: readonly string[];
}

export interface AccessOptions {
  /** API servers that are asked when the documented endpoint does not answer. */
  readonly fallbacks?: Fallbacks;
  /** Called when another endpoint than before has answered. */
  readonly onAccess?: (access: Access) => void;
  /** Called before each repetition of a request. */
  readonly onRetry?: (retry: TransportRetry) => void;
}

/** A request that has no answer after this time is given up. */
const requestDeadlineMs = 30_000;
/** The documented endpoint is asked so often whether it answers again. */
const recheckMs = 3_000;
/** A server that answered no longer ago is there. */
const surelyThereMs = 1_000;
/** Before a request is repeated: a server that starts anew refuses connections for a moment. */
const pauseMs = 100;

/** An API server that cannot be used: it does not answer, or is not the one that its certificate must name. */
class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/**
 * The way to the API. What a run checks must not cut the run off, so it asks the next server when one does not answer, and
 * goes back to the documented endpoint when that answers again. A request that may have been acted on is sent once only,
 * unless it reads.
 */
export class ApiAccess {
  readonly #servers: readonly [ApiServer, ...ApiServer[]];
  readonly #retries: number;
  readonly #options: AccessOptions;
  readonly #answeredAt = new Map<ApiServer, number>();
  #current: ApiServer;
  #told: ApiServer;
  #reason = '';
  #rechecked = 0;
  #asked: Promise<unknown> | undefined;

  private constructor(servers: readonly [ApiServer, ...ApiServer[]], retries: number, options: AccessOptions) {
    this.#servers = servers;
    this.#retries = retries;
    this.#options = options;
    [this.#current] = servers;
    this.#told = this.#current;
  }

  /** The documented endpoint, and the fallbacks on its port. Their certificates must hold the documented name. */
  static withFallbacks(documented: ApiServer, options: AccessOptions): ApiAccess {
    const { hostname } = new URL(documented.url);
    const serverName = documented.serverName ?? (isIP(hostname) === 0 ? hostname : undefined);
    const { of = [], addresses = [] } = options.fallbacks ?? {};
    const others = addresses
      .filter((address) => of.includes(hostname) && address !== hostname)
      .map((address) => ({ url: urlAt(documented, address), ...(serverName === undefined ? {} : { serverName }) }));
    return new ApiAccess([documented, ...others], Math.max(1, others.length), options);
  }

  /** One server and no other, asked once: for checks that are about it. */
  static pinned(documented: ApiServer, host: string): ApiAccess {
    return new ApiAccess([{ url: urlAt(documented, host) }], 0, {});
  }

  get access(): Access {
    return { endpoint: this.#told.url, isFallback: this.#told !== this.#servers[0], reason: this.#reason };
  }

  /** Asks as a caller. Throws when no server answers, with the signal's reason when that ends first. */
  async exchange(caller: Caller, request: WireRequest, signal?: AbortSignal): Promise<WireAnswer> {
    const isSafe = request.method === 'GET';
    return this.#over(`${request.method} ${request.path}`, { caller, isSafe, signal }, (server) =>
      this.#ask(caller, server, { request, signal }),
    );
  }

  /** Opens a web socket at a server that is there. `isSafe`: the opening may be repeated although the server has seen it. */
  async open<T>(
    what: string,
    { caller, isSafe }: { caller: Caller; isSafe: boolean },
    open: (server: ApiServer) => Promise<T>,
  ): Promise<T> {
    // A web socket waits for long before it gives up a server that is silent; a request does not. Many are opened at once.
    if (this.#servers.length > 1 && !this.#hasAnsweredSince(this.#current, performance.now() - surelyThereMs)) {
      this.#asked ??= this.exchange(caller, anyRequest).finally(() => (this.#asked = undefined));
      await this.#asked;
    }
    return this.#over(what, { caller, isSafe, signal: undefined }, open);
  }

  async #over<T>(
    what: string,
    { caller, isSafe, signal }: { caller: Caller; isSafe: boolean; signal: AbortSignal | undefined },
    operation: (server: ApiServer) => Promise<T>,
  ): Promise<T> {
    this.#recheck(caller);
    const attempted = async (): Promise<T> => {
      const server = this.#current;
      try {
        const value = await operation(server);
        this.#answered(server);
        return value;
      } catch (error) {
        // Whoever refuses has answered.
        if (!isUnreachable(error)) throw error;
        this.#failed(server, error);
        throw new Unreachable(`${what}: no answer from ${server.url}: ${causeText(error)}`, { cause: error });
      }
    };
    return overTransport(what, attempted, {
      retries: this.#retries,
      signal,
      everyMs: pauseMs,
      isRetried: (error) => error instanceof Unreachable && (isSafe ? !isDeadline(error.cause) : wasUnsent(error.cause)),
      onRetry: this.#options.onRetry,
    });
  }

  async #ask(
    caller: Caller,
    server: ApiServer,
    { request, signal }: { request: WireRequest; signal: AbortSignal | undefined },
  ): Promise<WireAnswer> {
    const deadline = AbortSignal.timeout(requestDeadlineMs);
    const startedAt = performance.now();
    try {
      return await caller.ask(server, request, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
    } catch (error) {
      if (signal?.aborted === true) {
        if (isTimeout(signal.reason) && !this.#hasAnsweredSince(server, startedAt)) this.#failed(server, signal.reason);
        signal.throwIfAborted();
      }
      if (deadline.aborted) throw new Silence(`not within ${requestDeadlineMs / 1000} s`, { cause: error });
      throw error;
    }
  }

  #hasAnsweredSince(server: ApiServer, time: number): boolean {
    return (this.#answeredAt.get(server) ?? -Infinity) > time;
  }

  #answered(server: ApiServer): void {
    this.#answeredAt.set(server, performance.now());
    if (server !== this.#current || server === this.#told) return;
    this.#told = server;
    if (server === this.#servers[0]) this.#reason = '';
    this.#options.onAccess?.(this.access);
  }

  /** The next server is asked, unless another request has seen to that. */
  #failed(server: ApiServer, error: unknown): void {
    this.#answeredAt.delete(server);
    if (server === this.#servers[0]) {
      this.#reason = causeText(error);
      this.#rechecked = performance.now();
    }
    if (server !== this.#current) return;
    this.#current = this.#servers[(this.#servers.indexOf(server) + 1) % this.#servers.length] ?? this.#servers[0];
  }

  /** Asks the documented endpoint, beside the request that goes elsewhere, whether it answers again. */
  #recheck(caller: Caller): void {
    const [documented] = this.#servers;
    if (this.#current === documented || performance.now() - this.#rechecked < recheckMs) return;
    this.#rechecked = performance.now();
    void this.#ask(caller, documented, { request: anyRequest, signal: AbortSignal.timeout(recheckMs) }).then(
      () => {
        this.#current = documented;
        this.#answered(documented);
      },
      // It is asked again later.
      () => undefined,
    );
  }
}

/** Any answer to it shows that the server is there. */
const anyRequest: WireRequest = { method: 'GET', path: '/version', headers: {} };

/** A server that took a request and said nothing. */
class Silence extends Error {
  override readonly name = 'Silence';
}

/** A caller's own deadline: what it asked may be slow, or the server silent. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

function isDeadline(error: unknown): boolean {
  return error instanceof Silence;
}

function isUnreachable(error: unknown): boolean {
  return isDeadline(error) || isTransportFailure(error) || isOtherServer(error);
}

/** Somebody else answers at the address, or the documented server with a certificate that does not hold; nothing was sent to it. */
function isOtherServer(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (cause !== undefined && isOtherServer((cause as { error?: unknown }).error ?? cause)) return true;
  return typeof code === 'string' && /^(CERT_|ERR_TLS_CERT_|ERR_SSL_(?!.*ALERT)|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code);
}

function wasUnsent(error: unknown): boolean {
  return isUnsentFailure(error) || isOtherServer(error);
}

/** The innermost reason: what wraps it names a server or a request, which the reader is told besides. */
function causeText(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  return errorText(inner ?? error) || 'no reason given';
}

function urlAt({ url }: ApiServer, host: string): string {
  const at = new URL(url);
  at.hostname = isIP(host) === 6 ? `[${host}]` : host;
  return at.href.replace(/\/$/, '');
}
