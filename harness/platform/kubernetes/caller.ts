import type { RequestOptions } from 'node:https';
import { KubeConfig, type RequestContext, type User } from '@kubernetes/client-node';
import { Agent, type Dispatcher, request } from 'undici';
import type { WireAnswer, WireRequest } from './exchange.ts';

/** One address of the API. */
export interface ApiServer {
  /** Without a path behind it, unless the whole API is below one. */
  readonly url: string;
  /** The name that its certificate must hold, where that is not the host of the address. */
  readonly serverName?: string;
}

/** The API server has others to serve. */
const mostConnections = 32;
/**
 * A connection is kept for the next request: most of the cost of a short request is its handshake. Not for longer: one that a
 * power cut has left half open would be waited for in vain.
 */
const idleMs = 1_000;
/** A server that has not completed the TLS handshake after this time is not there: the documented machines are a LAN away, and may be busy. */
const connectMs = 5_000;

/** Somebody with a credential, who asks one API server or another. Connections are shared by all who ask through it. */
export class Caller {
  readonly #config: KubeConfig;
  readonly #configs = new Map<string, KubeConfig>();
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();
  #fixedHeaders: Promise<Record<string, string>> | undefined;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** Where the kubeconfig says that the API is. */
  get documented(): ApiServer {
    const { server, tlsServerName } = this.#cluster;
    return { url: server, ...(tlsServerName === undefined ? {} : { serverName: tlsServerName }) };
  }

  /** Another identity at the same API; the own certificate must not be shown along with a token. */
  as(user: User): Caller {
    const other = new KubeConfig();
    other.loadFromClusterAndUser(this.#cluster, user);
    return new Caller(other);
  }

  /** For the web sockets of the client. */
  configFor(server: ApiServer): KubeConfig {
    const known = this.#configs.get(keyOf(server));
    if (known !== undefined) return known;
    const { tlsServerName: _, ...cluster } = this.#cluster;
    const user = this.#config.getCurrentUser();
    if (user === null) throw new Error('the kubeconfig has no current user');
    const config = new KubeConfig();
    const name = server.serverName === undefined ? {} : { tlsServerName: server.serverName };
    config.loadFromClusterAndUser({ ...cluster, ...name, server: server.url }, user);
    this.#configs.set(keyOf(server), config);
    return config;
  }

  /** Asks one server. Throws when it does not answer, with the reason of the signal when that ends first. */
  async ask(server: ApiServer, { method, path, headers, body }: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
    const config = this.configFor(server);
    const { origin, pathname } = new URL(server.url);
    const answer = await request(`${origin}${pathname === '/' ? '' : pathname}${path}`, {
      method,
      headers: { 'user-agent': 'conform', ...(await this.#headers(config)), ...headers },
      body: body ?? null,
      signal,
      dispatcher: await this.#dispatcherFor(server, config),
    });
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }

  get #cluster(): NonNullable<ReturnType<KubeConfig['getCurrentCluster']>> {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig has no current cluster');
    return cluster;
  }

  async #dispatcherFor(server: ApiServer, config: KubeConfig): Promise<Dispatcher> {
    const known = this.#dispatchers.get(keyOf(server)) ?? (this.#cluster.proxyUrl === undefined ? direct(config) : throughProxy(config));
    this.#dispatchers.set(keyOf(server), known);
    return known;
  }

  /** Read once, but for a credential that a program or a plugin renews: then anew for each request. */
  async #headers(config: KubeConfig): Promise<Record<string, string>> {
    const user = config.getCurrentUser();
    if (user?.exec !== undefined || user?.authProvider !== undefined) return credentialHeaders(config);
    this.#fixedHeaders ??= credentialHeaders(config);
    return this.#fixedHeaders;
  }
}

/** The same address is another server to whoever expects another name in its certificate. */
function keyOf({ url, serverName = '' }: ApiServer): string {
  return `${url} ${serverName}`;
}

async function direct(config: KubeConfig): Promise<Dispatcher> {
  const { ca, cert, key, rejectUnauthorized, servername } = await optionsOf(config);
  const verify = {
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
  return new Agent({
    connections: mostConnections,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    // Requests of one connection would share its fate, and wait for one another at a server that is busy.
    allowH2: false,
    // The deadline of a request is its caller's.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectMs, ca, cert, key, ...verify },
  });
}

/** HTTP and SOCKS proxies are the client's own trade. */
async function throughProxy(config: KubeConfig): Promise<Dispatcher> {
  let made: Dispatcher | undefined;
  const context: Pick<RequestContext, 'setDispatcher' | 'setHeaderParam'> = {
    setDispatcher: (dispatcher) => void (made = dispatcher),
    setHeaderParam: () => undefined,
  };
  await config.applySecurityAuthentication(context as RequestContext);
  if (made === undefined) throw new Error('the client makes no way through the proxy of the kubeconfig');
  return made;
}

async function optionsOf(config: KubeConfig): Promise<RequestOptions & { servername?: string }> {
  const options: RequestOptions & { servername?: string } = {};
  await config.applyToHTTPSOptions(options);
  return options;
}

async function credentialHeaders(config: KubeConfig): Promise<Record<string, string>> {
  const { headers = {}, auth } = await optionsOf(config);
  const basic = typeof auth === 'string' ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...basic, ...(headers as Record<string, string>) };
}
