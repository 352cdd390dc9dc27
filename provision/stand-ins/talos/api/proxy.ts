import { networkInterfaces } from 'node:os';
import { type Client, Metadata, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { type TlsMaterial, openChannel } from '../../../../harness/platform/talos/channel.ts';
import { proxiedKey, roleKey, valuesOf } from './identity.ts';
import { Refusal, refusalOf } from './refusal.ts';

/** Where a request is to be answered. */
export type Destination =
  | { readonly kind: 'here' }
  | { readonly kind: 'node'; readonly target: string }
  | { readonly kind: 'nodes'; readonly targets: readonly string[] };

/** As apid's director decides it: `node` for one, `nodes` for several, neither for the node itself. */
export function destinationOf(metadata: Metadata, path: string, { mayForward }: { mayForward: boolean }): Destination {
  const node = valuesOf(metadata, 'node');
  const nodes = valuesOf(metadata, 'nodes');
  if (metadata.get(proxiedKey).length > 0) return { kind: 'here' };
  if (node.length > 1) throw new Refusal(status.INVALID_ARGUMENT, 'node metadata must be single-valued');
  const [only] = [...nodes, ...node];
  if (only === undefined) return { kind: 'here' };
  if (!mayForward) return localOnly(node.length + nodes.length, only);
  if (nodes.length === 0) return { kind: 'node', target: only };
  if (path.startsWith('/cosi.')) throw new Refusal(status.INVALID_ARGUMENT, 'one-2-many proxying is not supported for COSI methods');
  return { kind: 'nodes', targets: nodes };
}

function localOnly(count: number, target: string): Destination {
  if (count === 1 && isOwnAddress(target)) return { kind: 'here' };
  throw new Refusal(status.PERMISSION_DENIED, 'no request forwarding');
}

function isOwnAddress(target: string): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === target));
}

/** Calls other nodes for a caller, with the caller's roles. */
export class Proxy {
  readonly #credential: TlsMaterial;
  readonly #port: number;
  readonly #clients = new Map<string, Client>();

  constructor(credential: TlsMaterial, port: number) {
    this.#credential = credential;
    this.#port = port;
  }

  unary(target: string, method: MethodDefinition<object, object>, { request, roles }: Forwarded): Promise<object> {
    return new Promise((resolve, reject) => {
      const answered = (error: ServiceError | null, answer?: object): void => {
        if (answer !== undefined && error === null) resolve(answer);
        else reject(refusalOf(error));
      };
      this.#client(target).makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        outgoing(roles),
        { deadline: Date.now() + 20_000 },
        answered,
      );
    });
  }

  stream(
    target: string,
    method: MethodDefinition<object, object>,
    { request, roles, signal }: Forwarded & { signal: AbortSignal },
  ): AsyncIterable<object> {
    const stream = this.#client(target).makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      outgoing(roles),
      {},
    );
    signal.addEventListener('abort', () => stream.cancel(), { once: true });
    return stream;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  #client(target: string): Client {
    const known = this.#clients.get(target);
    if (known !== undefined) return known;
    const client = openChannel(target.includes(':') ? `[${target}]:${this.#port}` : `${target}:${this.#port}`, this.#credential);
    this.#clients.set(target, client);
    return client;
  }
}

export interface Forwarded {
  readonly request: object;
  readonly roles: readonly string[];
}

function outgoing(roles: readonly string[]): Metadata {
  const metadata = new Metadata();
  for (const role of roles) metadata.add(roleKey, role);
  metadata.set(proxiedKey, 'apid');
  return metadata;
}

/** Marks an answer with the node that gave it, as apid does when it asks several. */
export function signed(answer: object, target: string): object[] {
  return ((answer as { messages?: object[] }).messages ?? []).map((message) => ({
    ...message,
    metadata: { hostname: target, error: '', status: null },
  }));
}

/** A node's error as a message, so that the other nodes' answers are not lost. */
export function failureOf(error: unknown, target: string): object {
  const { code, details } = refusalOf(error);
  return {
    metadata: { hostname: target, error: `rpc error: code = ${status[code]} desc = ${details}`, status: { code, message: details } },
  };
}
