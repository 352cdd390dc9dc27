import {
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { TlsMaterial } from '../../../../harness/platform/talos/channel.ts';
import { clusterService, machineService, methodOf, stateService } from '../../../../harness/platform/talos/definitions.ts';
import type { ResourceMessage } from '../../../../harness/platform/talos/messages.ts';
import { faultIsOn } from '../node/faults.ts';
import type { Machine } from '../node/machine.ts';
import { type HealthRequest, type NodesAsked, healthCheck } from './health.ts';
import { type CallerContext, rolesOf } from './identity.ts';
import { byteStreams, unaryMethods } from './machine-service.ts';
import { type Destination, Proxy, destinationOf, failureOf, signed } from './proxy.ts';
import { Refusal, refusalOf } from './refusal.ts';
import { mayCall } from './roles.ts';
import { getResource, listResources } from './state-service.ts';

export interface ServerOptions {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** The node as a caller of other nodes; absent on workers: they answer for themselves only (Talos v1.11: apid). */
  readonly forward?: TlsMaterial;
  /** Of the other nodes' APIs. */
  readonly port: number;
}

/** Answers a request on this node. */
interface Local {
  readonly request: object;
  readonly roles: readonly string[];
  readonly signal: AbortSignal;
}

/** The node's API server: mutual TLS, roles, forwarding. Bound to an address by the caller. */
export function createApiServer(machine: Machine, options: ServerOptions): Server {
  const server = new Server({ 'grpc.max_receive_message_length': 32 * 1024 * 1024 });
  const api = new Api(machine, options.forward === undefined ? undefined : new Proxy(options.forward, options.port));
  server.addService(machineService, api.implementation(machineService));
  server.addService(stateService, api.implementation(stateService));
  server.addService(clusterService, api.implementation(clusterService));
  return server;
}

export function serverCredentials({ ca, certificate, key }: ServerOptions): ServerCredentials {
  return ServerCredentials.createSsl(ca, [{ private_key: key, cert_chain: certificate }], true);
}

class Api {
  readonly #machine: Machine;
  readonly #proxy: Proxy | undefined;

  constructor(machine: Machine, proxy: Proxy | undefined) {
    this.#machine = machine;
    this.#proxy = proxy;
  }

  implementation(service: ServiceDefinition): UntypedServiceImplementation {
    const methods = Object.entries(service).map(([name, definition]) => {
      const method: MethodDefinition<object, object> = definition;
      return [name, method.responseStream ? this.#streamHandler(name, method) : this.#unaryHandler(name, method)] as const;
    });
    return Object.fromEntries(methods);
  }

  #unaryHandler(name: string, method: MethodDefinition<object, object>) {
    return (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>): void => {
      this.#unary(name, method, call).then(
        (message) => answer(null, message),
        (error: unknown) => answer(refusalOf(error)),
      );
    };
  }

  async #unary(name: string, method: MethodDefinition<object, object>, call: ServerUnaryCall<object, object>): Promise<object> {
    const { destination, roles } = this.#route(call, method.path);
    const { request } = call;
    if (destination.kind === 'node') return this.#forwarder().unary(destination.target, method, { request, roles });
    if (destination.kind === 'here') return this.#answer(name, { request, roles, signal: new AbortController().signal });
    const answers = destination.targets.map(async (target) => {
      try {
        return signed(await this.#forwarder().unary(target, method, { request, roles }), target);
      } catch (error) {
        return [failureOf(error, target)];
      }
    });
    return { messages: (await Promise.all(answers)).flat() };
  }

  #streamHandler(name: string, method: MethodDefinition<object, object>) {
    return (call: ServerWritableStream<object, object>): void => {
      this.#stream(name, method, call).then(
        () => call.end(),
        (error: unknown) => call.emit('error', refusalOf(error)),
      );
    };
  }

  async #stream(name: string, method: MethodDefinition<object, object>, call: ServerWritableStream<object, object>): Promise<void> {
    const { destination, roles } = this.#route(call, method.path);
    const abort = new AbortController();
    call.once('cancelled', () => abort.abort());
    const { request } = call;
    const send = (message: object): Promise<void> => written(call, message, abort.signal);
    const { signal } = abort;
    if (destination.kind === 'here') {
      for await (const message of await this.#messages(name, { request, roles, signal })) await send(message);
      return;
    }
    const targets = destination.kind === 'node' ? [destination.target] : destination.targets;
    await Promise.all(
      targets.map(async (target) => {
        try {
          for await (const message of this.#forwarder().stream(target, method, { request, roles, signal })) {
            await send(destination.kind === 'node' ? message : { ...message, metadata: { hostname: target, error: '', status: null } });
          }
        } catch (error) {
          if (destination.kind === 'node') throw error;
          await send(failureOf(error, target));
        }
      }),
    );
  }

  #route(call: CallerContext, path: string): { destination: Destination; roles: string[] } {
    return { destination: destinationOf(call.metadata, path, { mayForward: this.#proxy !== undefined }), roles: rolesOf(call) };
  }

  #forwarder(): Proxy {
    if (this.#proxy === undefined) throw new Refusal(status.PERMISSION_DENIED, 'no request forwarding');
    return this.#proxy;
  }

  async #answer(name: string, { request, roles }: Local): Promise<object> {
    const granted = await this.#authorize(name, roles);
    if (name === 'Get') return getResource(request as Parameters<typeof getResource>[0], this.#machine, granted);
    const method = unaryMethods[name];
    if (method === undefined) throw unimplemented(name);
    return method(request as never, this.#machine);
  }

  async #messages(name: string, { request, roles, signal }: Local): Promise<AsyncIterable<object> | object[]> {
    const granted = await this.#authorize(name, roles);
    if (name === 'List') return listResources(request as Parameters<typeof listResources>[0], this.#machine, granted);
    if (name === 'HealthCheck') return asProgress(healthCheck(request as HealthRequest, this.#machine, this.#nodes(granted)));
    const method = byteStreams[name];
    if (method === undefined) throw unimplemented(name);
    return asData(method(request as never, this.#machine, signal));
  }

  /** Other nodes, asked with the caller's roles: this one is asked by its address, too. */
  #nodes(roles: readonly string[]): NodesAsked {
    return {
      one: async <T>(address: string, method: string) => {
        const answer = await this.#forwarder().unary(address, methodOf(machineService, method), { request: {}, roles });
        return (answer as { messages: T[] }).messages[0] as T;
      },
      resources: async (address, wanted) => {
        const signal = AbortSignal.timeout(resourcesMs);
        const messages = this.#forwarder().stream(address, methodOf(stateService, 'List'), { request: wanted, roles, signal });
        return (await Array.fromAsync(messages)).map((message) => (message as { resource: ResourceMessage }).resource);
      },
    };
  }

  /** The roles that count: with a fault on, everybody is an administrator. */
  async #authorize(name: string, roles: readonly string[]): Promise<readonly string[]> {
    if (await faultIsOn(this.#machine.places.faults, 'talos-any-role')) return ['os:admin'];
    if (!mayCall(roles, name)) throw new Refusal(status.PERMISSION_DENIED, 'not authorized');
    return roles;
  }
}

function unimplemented(name: string): Refusal {
  return new Refusal(status.UNIMPLEMENTED, `method ${name} not implemented`);
}

/** A node that does not answer with its resources in this time is none to wait for. */
const resourcesMs = 20_000;

async function* asProgress(lines: AsyncIterable<string>): AsyncGenerator<object> {
  for await (const message of lines) yield { metadata: null, message };
}

async function* asData(chunks: AsyncIterable<Buffer>): AsyncGenerator<object> {
  for await (const bytes of chunks) yield { metadata: null, bytes };
}

/** Writes a message and waits when the caller reads slower than the node sends. */
async function written(call: ServerWritableStream<object, object>, message: object, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (call.write(message)) return;
  await new Promise<void>((resolve) => {
    call.once('drain', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
