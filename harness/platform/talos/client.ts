import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Client, type ClientReadableStream, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { extract } from 'tar-stream';
import { Problem, exitCode } from '../../engine/problem.ts';
import { isTransportFailure, overTransport, type TransportRetry } from '../../engine/transport.ts';
import { type Call, type TlsMaterial, openChannel } from './channel.ts';
import { clusterService, machineService, methodOf, stateService } from './definitions.ts';
import type {
  Answer,
  ApplyMode,
  ApplyResult,
  EtcdAlarm,
  EtcdMember,
  EtcdStatus,
  MemInfo,
  MountStat,
  ResourceMessage,
  ServiceInfo,
  VersionMessage,
} from './messages.ts';
import { type TalosResource, type TypeName, resourceOf, typeOf } from './resource.ts';
import { Secret } from './secret.ts';
import { TalosError, talosError } from './talos-error.ts';
import type { TalosContext } from './talosconfig.ts';

export interface TalosOptions {
  /** Instead of the context's own endpoints; tried in this order. */
  readonly endpoints?: readonly string[];
  /** A call without a stream is given up after this time, 10 s unless given. */
  readonly timeoutMs?: number;
  /** Called before a call goes to the next endpoint. */
  readonly onRetry?: (retry: TransportRetry) => void;
}

/** Opens the Talos API of a cluster. Connections are made by the first call. Throws a Problem when nobody says where it is. */
export function connectTalos(context: TalosContext, options: TalosOptions = {}): Talos {
  const endpoints = options.endpoints ?? context.endpoints;
  if (endpoints.length === 0) {
    throw new Problem(exitCode.usage, {
      expected: 'an endpoint of the Talos API',
      saw: `none in context ${context.name} of the talosconfig, none given`,
      next: '`talosctl config endpoint`, or name one',
    });
  }
  return new Talos(
    endpoints.map((endpoint) => openChannel(endpoint, tlsOf(context))),
    { timeoutMs: options.timeoutMs ?? 10_000, onRetry: options.onRetry },
  );
}

function tlsOf({ ca, certificate, key }: TalosContext): TlsMaterial {
  const buffer = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  return { ca: buffer(ca), key: buffer(key?.reveal()), certificate: buffer(certificate) };
}

/** The Talos API, reached at its endpoints. */
export class Talos {
  readonly #route: Route;

  constructor(channels: readonly Client[], options: Omit<Route, 'channels' | 'target'>) {
    this.#route = { ...options, channels };
  }

  /** A node, asked through the endpoint as `talosctl -n` does; the endpoint's own node when none is named. */
  node(address?: string): TalosNode {
    return new TalosNode({ ...this.#route, ...(address === undefined ? {} : { target: { node: address } }) });
  }

  /** Several nodes with one call: the endpoint asks them all. An error of one is in its message, the call succeeds. */
  async versions(addresses: readonly string[]): Promise<Answer<VersionMessage>['messages']> {
    const calls = new Calls({ ...this.#route, target: { nodes: addresses } });
    return (await calls.unary<Answer<VersionMessage>>('Version', {})).messages;
  }

  close(): void {
    for (const channel of this.#route.channels) channel.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

interface Route {
  readonly channels: readonly Client[];
  readonly timeoutMs: number;
  readonly onRetry: TalosOptions['onRetry'];
  readonly target?: { readonly node: string } | { readonly nodes: readonly string[] };
}

interface StreamOptions {
  readonly service?: typeof machineService;
  readonly signal?: AbortSignal | undefined;
  /** Comes to its end by itself: then it has the same deadline as a call without a stream. */
  readonly ends?: boolean;
}

/** How calls get to a node: endpoint after endpoint until one can be reached. */
class Calls {
  readonly #route: Route;

  constructor(route: Route) {
    this.#route = route;
  }

  async unary<T>(name: string, request: object, service = machineService): Promise<T> {
    const call = this.#call(name, request, service);
    return this.#atAnyEndpoint(
      name,
      async (channel) => (await unaryCall(channel, { ...call, options: { deadline: Date.now() + this.#route.timeoutMs } })) as T,
    );
  }

  /** The messages of a stream, as they come. One that may be followed for long has no deadline, but a signal. */
  async *stream<T>(
    name: string,
    request: object,
    { service = machineService, signal, ends = false }: StreamOptions = {},
  ): AsyncGenerator<T> {
    const call = { ...this.#call(name, request, service), options: ends ? { deadline: Date.now() + this.#route.timeoutMs } : {} };
    // Only its beginning may be asked for at another endpoint: the messages that came are not to come again.
    const { first, messages } = await this.#atAnyEndpoint(name, async (channel) => {
      const opened = streamCall(channel, call, signal)[Symbol.asyncIterator]();
      return { first: await opened.next(), messages: opened };
    });
    try {
      for (let message = first; message.done !== true; message = await messages.next()) yield message.value as T;
    } catch (error) {
      throw this.#failure(name, error);
    } finally {
      await messages.return?.();
    }
  }

  /** Throws a TalosError. */
  async #atAnyEndpoint<T>(name: string, ask: (channel: Client) => Promise<T>): Promise<T> {
    const { channels, onRetry } = this.#route;
    const what = this.#name(name);
    const asked = async (attempt: number): Promise<T> => {
      const channel = channels[attempt - 1];
      if (channel === undefined) throw new TalosError('unreachable', 'no endpoint', { call: what });
      return ask(channel);
    };
    try {
      return await overTransport(what, asked, {
        retries: Math.max(0, channels.length - 1),
        isRetried: (error) => isTransportFailure(error) && talosError(error as ServiceError, what).kind === 'unreachable',
        onRetry,
      });
    } catch (error) {
      throw this.#failure(name, error);
    }
  }

  #failure(name: string, error: unknown): TalosError {
    return error instanceof TalosError ? error : talosError(error as ServiceError, this.#name(name));
  }

  #call(name: string, request: object, service: typeof machineService): Call {
    const metadata = new Metadata();
    const { target } = this.#route;
    if (target !== undefined && 'node' in target) metadata.set('node', target.node);
    if (target !== undefined && 'nodes' in target) for (const address of target.nodes) metadata.add('nodes', address);
    return { method: methodOf(service, name), request, metadata, options: {} };
  }

  #name(method: string): string {
    const { target } = this.#route;
    if (target === undefined) return method;
    return `${method} at ${'node' in target ? target.node : target.nodes.join(', ')}`;
  }
}

function unaryCall(channel: Client, { method, request, metadata, options }: Call): Promise<object> {
  return new Promise((resolve, reject) => {
    channel.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      options,
      (error, answer) => {
        if (error === null && answer !== undefined) resolve(answer);
        else reject(error ?? new Error('no answer'));
      },
    );
  });
}

function streamCall(
  channel: Client,
  { method, request, metadata, options }: Call,
  signal: AbortSignal | undefined,
): ClientReadableStream<object> {
  const stream = channel.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    metadata,
    options,
  );
  signal?.addEventListener('abort', () => stream.cancel(), { once: true });
  return stream;
}

type MessageMetadata = NonNullable<Answer<object>['messages'][number]['metadata']>;

/** Which nodes are to be healthy, and how long to wait for that. */
export interface HealthQuestion {
  readonly waitSeconds: number;
  readonly controlPlaneNodes?: readonly string[];
}

interface DataMessage {
  readonly metadata: MessageMetadata | null;
  readonly bytes: Buffer;
}

/** One node of the cluster, as the Talos API shows it. Every call throws a TalosError when the node refuses or cannot be reached. */
export class TalosNode {
  readonly #calls: Calls;

  constructor(route: Route) {
    this.#calls = new Calls(route);
  }

  async version(): Promise<VersionMessage> {
    return this.#one<VersionMessage>('Version', {});
  }

  /** The machine's own hostname, from the resource that `talosctl get hostname` reads. */
  async hostname(): Promise<string> {
    return (await this.get<{ hostname: string }>('hostnamestatuses', 'hostname')).spec.hostname;
  }

  /** One resource; its type by full name or by an alias of `resource.ts`. */
  async get<T = unknown>(type: TypeName, id: string, namespace?: string): Promise<TalosResource<T>> {
    const known = typeOf(type, namespace);
    const { resource } = await this.#calls.unary<{ resource: ResourceMessage }>('Get', { ...known, id }, stateService);
    return resourceOf<T>(resource);
  }

  /** All resources of a type. */
  async list<T = unknown>(type: TypeName, namespace?: string): Promise<TalosResource<T>[]> {
    const messages = this.#calls.stream<{ resource: ResourceMessage }>('List', typeOf(type, namespace), {
      service: stateService,
      ends: true,
    });
    return (await Array.fromAsync(messages)).map(({ resource }) => resourceOf<T>(resource));
  }

  /** The active machine configuration, all documents, YAML. It holds every key of the cluster: never print it. */
  async machineConfiguration(): Promise<string> {
    const [active] = (await this.list<string>('machineconfigs')).filter(({ id }) => id === 'v1alpha1');
    if (active === undefined) throw new TalosError('not-found', 'the node has no machine configuration', { call: 'MachineConfigs' });
    return typeof active.spec === 'string' ? active.spec : active.yaml;
  }

  async services(): Promise<readonly ServiceInfo[]> {
    return (await this.#one<{ services: ServiceInfo[] }>('ServiceList', {})).services;
  }

  async restartService(id: string): Promise<string> {
    return (await this.#one<{ resp: string }>('ServiceRestart', { id })).resp;
  }

  async startService(id: string): Promise<string> {
    return (await this.#one<{ resp: string }>('ServiceStart', { id })).resp;
  }

  async stopService(id: string): Promise<string> {
    return (await this.#one<{ resp: string }>('ServiceStop', { id })).resp;
  }

  async etcdMembers(): Promise<readonly EtcdMember[]> {
    return (await this.#one<{ members: EtcdMember[] }>('EtcdMemberList', {})).members;
  }

  async etcdStatus(): Promise<EtcdStatus> {
    return (await this.#one<{ memberStatus: EtcdStatus }>('EtcdStatus', {})).memberStatus;
  }

  async etcdAlarms(): Promise<readonly EtcdAlarm[]> {
    return (await this.#one<{ memberAlarms: EtcdAlarm[] }>('EtcdAlarmList', {})).memberAlarms;
  }

  /** The node's etcd hands its leadership to another member, whose name is returned; empty when it does not lead. */
  async forfeitEtcdLeadership(): Promise<string> {
    return (await this.#one<{ member: string }>('EtcdForfeitLeadership', {})).member;
  }

  /** Writes a snapshot of the node's etcd to a file, which is there whole or not at all. */
  async etcdSnapshot(file: string, signal?: AbortSignal): Promise<void> {
    const partial = `${file}.part`;
    try {
      await pipeline(Readable.from(this.#bytes('EtcdSnapshot', {}, signal)), createWriteStream(partial));
      await rename(partial, file);
    } finally {
      await rm(partial, { force: true });
    }
  }

  /**
   * The cluster's health as this control plane judges it: a line for each check that it waits for. Throws a TalosError at the first
   * that does not hold in time. The nodes are those that it knows of, unless given by their addresses.
   */
  async *health({ waitSeconds, ...nodes }: HealthQuestion, signal?: AbortSignal): AsyncGenerator<string> {
    const request = { waitTimeout: { seconds: waitSeconds }, clusterInfo: nodes };
    const messages = this.#calls.stream<{ metadata: MessageMetadata | null; message: string }>('HealthCheck', request, {
      service: clusterService,
      signal,
    });
    for await (const { metadata, message } of messages) {
      throwProxied('HealthCheck', metadata);
      yield message;
    }
  }

  /** A service's log; with `follow` it goes on until the signal, which throws a TalosError of kind `cancelled`. */
  logs(id: string, options: { tailLines?: number; follow?: boolean; signal?: AbortSignal } = {}): AsyncGenerator<Buffer> {
    return this.#bytes(
      'Logs',
      { namespace: 'system', id, follow: options.follow ?? false, tailLines: options.tailLines ?? -1 },
      options.signal,
    );
  }

  dmesg(signal?: AbortSignal): AsyncGenerator<Buffer> {
    return this.#bytes('Dmesg', {}, signal);
  }

  /** A file's content; needs the role os:admin. */
  async read(path: string): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(this.#bytes('Read', { path })));
  }

  /** The administrator's kubeconfig, made for this call: a secret. */
  async kubeconfig(): Promise<Secret> {
    return new Secret(await onlyFile(Buffer.concat(await Array.fromAsync(this.#bytes('Kubeconfig', {})))));
  }

  /**
   * A talosconfig with these roles, valid for an hour unless told otherwise: what a check needs to call in another role than
   * its own. Needs os:admin and a control plane. The file names no endpoint.
   */
  async talosconfigFor(roles: readonly string[], validSeconds = 3600): Promise<Secret> {
    const { talosconfig } = await this.#one<{ talosconfig: Buffer }>('GenerateClientConfiguration', {
      roles,
      crtTtl: { seconds: validSeconds },
    });
    return new Secret(talosconfig.toString());
  }

  async memory(): Promise<MemInfo> {
    return (await this.#one<{ meminfo: MemInfo }>('Memory', {})).meminfo;
  }

  async processors(): Promise<number> {
    return (await this.#one<{ cpuInfo: unknown[] }>('CPUInfo', {})).cpuInfo.length;
  }

  async mounts(): Promise<readonly MountStat[]> {
    return (await this.#one<{ stats: MountStat[] }>('Mounts', {})).stats;
  }

  /** Returns when the node has accepted to reboot; only FORCE leaves its services no time to end. */
  async reboot(mode: 'DEFAULT' | 'POWERCYCLE' | 'FORCE' = 'DEFAULT'): Promise<void> {
    await this.#one('Reboot', { mode });
  }

  async shutdown({ force = false }: { force?: boolean } = {}): Promise<void> {
    await this.#one('Shutdown', { force });
  }

  async bootstrap(): Promise<void> {
    await this.#one('Bootstrap', {});
  }

  /** Hands a whole machine configuration to the node. */
  async applyConfiguration(
    yaml: string,
    { mode = 'AUTO', dryRun = false }: { mode?: ApplyMode; dryRun?: boolean } = {},
  ): Promise<ApplyResult> {
    return this.#one<ApplyResult>('ApplyConfiguration', { data: Buffer.from(yaml), mode, dryRun });
  }

  /** The one message of an answer; an error that the proxy put into it is thrown. */
  async #one<T>(name: string, request: object): Promise<T> {
    const { messages } = await this.#calls.unary<Answer<T>>(name, request);
    const [message] = messages;
    if (message === undefined) throw new TalosError('other', 'an answer without a message', { call: name });
    throwProxied(name, message.metadata);
    return message;
  }

  async *#bytes(name: string, request: object, signal?: AbortSignal): AsyncGenerator<Buffer> {
    for await (const { metadata, bytes } of this.#calls.stream<DataMessage>(name, request, { signal })) {
      throwProxied(name, metadata);
      yield bytes;
    }
  }
}

function throwProxied(call: string, metadata: MessageMetadata | null): void {
  if (metadata === null || metadata.error === '') return;
  throw talosError({ code: metadata.status?.code ?? status.UNKNOWN, details: metadata.status?.message ?? metadata.error }, call);
}

/** The text of the one file in a compressed archive. */
async function onlyFile(archive: Buffer): Promise<string> {
  const entries = extract();
  Readable.from([archive]).pipe(createGunzip()).pipe(entries);
  let text = '';
  for await (const entry of entries) text += Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Buffer>)).toString();
  return text;
}
