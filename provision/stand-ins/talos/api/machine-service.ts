import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, statfs } from 'node:fs/promises';
import { cpus, hostname } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { ConfigurationRefused, decodeConfiguration } from '../../../../harness/platform/talos/machine-config/decode.ts';
import type { ApplyMode } from '../../../../harness/platform/talos/messages.ts';
import { applyConfiguration } from '../node/apply.ts';
import { clientConfiguration, kubeconfigArchive } from '../node/credentials.ts';
import { faultIsOn } from '../node/faults.ts';
import { kernelLog, serviceLog } from '../node/logs.ts';
import { type Machine, talosVersion } from '../node/machine.ts';
import { changeService, listServices } from '../node/services.ts';
import { errorText, validationErrors } from '../node/validate.ts';
import { Refusal } from './refusal.ts';

/** Answers one request; what it throws becomes the call's status. */
export type Unary = (request: never, machine: Machine) => Promise<object>;
/** Gives an answer's bytes, piece by piece. */
export type Bytes = (request: never, machine: Machine, signal: AbortSignal) => AsyncIterable<Buffer>;

export const unaryMethods: Readonly<Record<string, Unary>> = {
  Version: async () =>
    one({
      version: { tag: talosVersion, sha: '', built: '', goVersion: '', os: 'linux', arch: 'amd64' },
      platform: { name: 'metal', mode: 'metal' },
      features: { rbac: true },
    }),
  Hostname: async () => one({ hostname: hostname() }),
  CPUInfo: async () => one({ cpuInfo: cpus().map(({ model, speed }, processor) => ({ processor, modelName: model, cpuMhz: speed })) }),
  Memory: async () => one({ meminfo: await memory() }),
  Mounts: async () => one({ stats: await mountStats() }),
  ServiceList: async (_, { places, configuration }) => one({ services: await listServices(places, configuration.isControlPlane) }),
  ServiceStart: async ({ id }: { id: string }, { places }) => one({ resp: await changeService(places, id, 'start') }),
  ServiceStop: async ({ id }: { id: string }, { places }) => one({ resp: await changeService(places, id, 'stop') }),
  ServiceRestart: async ({ id }: { id: string }, { places }) => one({ resp: await changeService(places, id, 'restart') }),
  EtcdMemberList: async (_, machine) => one({ members: await onControlPlane(machine, 'member list').etcd.members() }),
  EtcdStatus: async (_, machine) => one({ memberStatus: await onControlPlane(machine, 'etcd status').etcd.status() }),
  EtcdAlarmList: async (_, machine) => one({ memberAlarms: await onControlPlane(machine, 'etcd alarm list').etcd.alarms() }),
  EtcdForfeitLeadership: async (_, machine) =>
    one({ member: await onControlPlane(machine, 'etcd forfeit leadership').etcd.forfeitLeadership() }),
  Bootstrap: async (_, machine) => bootstrap(machine),
  GenerateClientConfiguration: async (request: ClientRequest, machine) => one(await newClient(request, machine)),
  ApplyConfiguration: async (request: ApplyRequest, machine) => one(await apply(request, machine)),
  Reboot: async ({ mode }: { mode: string }, machine) => one(await end(machine, 'reboot', mode !== 'FORCE')),
  Shutdown: async ({ force }: { force: boolean }, machine) => one(await end(machine, 'shutdown', !force)),
};

export const byteStreams: Readonly<Record<string, Bytes>> = {
  EtcdSnapshot: (_, machine) => snapshot(machine),
  Kubeconfig: (_, machine) => kubeconfig(machine),
  Logs: ({ id, tailLines, follow }: { id: string; tailLines: number; follow: boolean }, { places }, signal) =>
    serviceLog(places, { id, tailLines, follow, signal }),
  Dmesg: (_, __, signal) => kernelLog(signal),
  Read: ({ path }: { path: string }, machine) => readPath(path, machine),
};

function one(message: object): { messages: object[] } {
  return { messages: [message] };
}

function onControlPlane(machine: Machine, what: string): Machine {
  if (!machine.configuration.isControlPlane) throw new Refusal(status.UNIMPLEMENTED, `${what} is only available on control plane nodes`);
  return machine;
}

const memoryKeys: Readonly<Record<string, string>> = {
  MemTotal: 'memtotal',
  MemFree: 'memfree',
  MemAvailable: 'memavailable',
  Buffers: 'buffers',
  Cached: 'cached',
  SwapTotal: 'swaptotal',
  SwapFree: 'swapfree',
  Slab: 'slab',
};

async function memory(): Promise<Record<string, string>> {
  const lines = (await readFile('/proc/meminfo', 'utf8')).split('\n').map((line) => line.split(/[:\s]+/));
  return Object.fromEntries(lines.flatMap(([key = '', value = '0']) => (memoryKeys[key] === undefined ? [] : [[memoryKeys[key], value]])));
}

async function mountStats(): Promise<object[]> {
  const lines = (await readFile('/proc/self/mounts', 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const found = await Promise.all(
    lines.map(async ([filesystem = '', mountedOn = '']) => {
      const at = await statfs(mountedOn).catch(() => undefined);
      return at === undefined
        ? []
        : [{ filesystem, size: String(at.blocks * at.bsize), available: String(at.bavail * at.bsize), mountedOn }];
    }),
  );
  return found.flat();
}

async function bootstrap({ configuration }: Machine): Promise<object> {
  if (!configuration.isControlPlane)
    throw new Refusal(status.FAILED_PRECONDITION, 'bootstrap can only be performed on a control plane node');
  throw new Refusal(status.ALREADY_EXISTS, 'etcd data directory is not empty');
}

interface ClientRequest {
  readonly roles: readonly string[];
  readonly crtTtl: { readonly seconds: string } | null;
}

async function newClient({ roles, crtTtl }: ClientRequest, { configuration }: Machine): Promise<object> {
  if (!configuration.isControlPlane)
    throw new Refusal(status.FAILED_PRECONDITION, "client configuration (talosconfig) can't be generated on worker nodes");
  const seconds = Number(crtTtl?.seconds ?? 0);
  if (seconds <= 0) throw new Refusal(status.INVALID_ARGUMENT, 'crt_ttl should be positive');
  return clientConfiguration(configuration, roles, seconds);
}

async function* kubeconfig(machine: Machine): AsyncGenerator<Buffer> {
  yield await kubeconfigArchive(onControlPlane(machine, 'kubeconfig').configuration);
}

interface ApplyRequest {
  readonly data: Buffer;
  readonly mode: ApplyMode;
  readonly dryRun: boolean;
}

async function apply({ data, mode, dryRun }: ApplyRequest, machine: Machine): Promise<object> {
  const text = data.toString();
  const documents = decoded(text);
  if (!documents.some(({ kind }) => kind === 'v1alpha1')) {
    throw new Refusal(
      status.INVALID_ARGUMENT,
      "the applied machine configuration doesn't contain v1alpha1 config, did you mean to patch the machine config instead?",
    );
  }
  const errors = validationErrors(documents);
  if (errors.length > 0) throw new Refusal(status.INVALID_ARGUMENT, errorText(errors));
  return applyConfiguration(machine, text, { mode, dryRun });
}

function decoded(text: string): ReturnType<typeof decodeConfiguration> {
  try {
    return decodeConfiguration(text);
  } catch (error) {
    if (error instanceof ConfigurationRefused) throw new Refusal(status.INVALID_ARGUMENT, error.message);
    throw error;
  }
}

async function end(machine: Machine, wish: 'reboot' | 'shutdown', graceful: boolean): Promise<object> {
  process.stdout.write(`apid: ${wish} via API received\n`);
  if (!(await faultIsOn(machine.places.faults, 'talos-reboot-ignored')))
    machine.end(wish, { graceful }).catch((error: unknown) => process.stdout.write(`apid: ${wish}: ${String(error)}\n`));
  return { actorId: randomUUID() };
}

async function* snapshot(machine: Machine): AsyncGenerator<Buffer> {
  const { etcd, places } = onControlPlane(machine, 'etcd snapshot');
  const file = await etcd.snapshot();
  try {
    const { size } = await stat(file);
    const sent = (await faultIsOn(places.faults, 'talos-snapshot-truncated')) ? Math.floor(size / 2) : size;
    yield* createReadStream(file, { end: sent - 1 }) as AsyncIterable<Buffer>;
  } finally {
    await etcd.forgetSnapshot(file);
  }
}

/** Talos keeps its state on a partition of its own; here it is a folder of the node's disk. The kubelet's file has another name. */
function localPath(path: string, machine: Machine): string {
  const named = path === '/etc/kubernetes/kubeconfig-kubelet' ? '/etc/kubernetes/kubelet.kubeconfig' : path;
  return named.replace(/^\/system\/state(?=\/)/, machine.places.state).replace(/^\/etc(?=\/)/, machine.places.etc);
}

async function* readPath(path: string, machine: Machine): AsyncGenerator<Buffer> {
  const file = join('/', localPath(path, machine));
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Refusal(status.NOT_FOUND, `stat ${path}: no such file or directory`);
    throw error;
  });
  if (!found.isFile()) throw new Error('path must be a regular file');
  yield* createReadStream(file) as AsyncIterable<Buffer>;
}
