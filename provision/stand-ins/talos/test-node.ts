/** A node's Talos API on loopback, with real certificates and a folder instead of a node's disk: for tests. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@grpc/grpc-js';
import { documentedCluster } from '../../../guide/cluster.ts';
import { type Talos, connectTalos } from '../../../harness/platform/talos/client.ts';
import { parseTalosconfig } from '../../../harness/platform/talos/talosconfig.ts';
import { writeTalosState } from '../../lab/node/talos-state.ts';
import { type ClusterPki, createClusterPki } from '../../lab/pki/cluster-pki.ts';
import type { TalosRole } from '../../lab/pki/talos-pki.ts';
import { createApiServer, serverCredentials } from './api/server.ts';
import { Configuration } from './node/configuration.ts';
import { Etcd } from './node/etcd.ts';
import type { Machine } from './node/machine.ts';
import type { Places } from './node/places.ts';

export const cluster = documentedCluster('corrected');

interface TestNode {
  readonly machine: Machine;
  readonly address: string;
  /** What the node was asked to do with its power. */
  readonly ended: string[];
  /** How often the configuration was made real. */
  readonly applied: string[];
  readonly server: Server;
}

export interface TestCluster {
  readonly pki: ClusterPki;
  readonly folder: string;
  node(name: string): TestNode;
  client(role: TalosRole, endpoint?: string): Promise<Talos>;
  /** Of the first node. */
  readonly endpoint: string;
  fault(name: string, value: 'on' | 'off'): Promise<void>;
  stop(): Promise<void>;
}

const addresses: Readonly<Record<string, string>> = { cp01: '127.0.0.1', cp02: '127.0.0.2', w01: '127.0.0.3' };

/** Two control planes and a worker on one port of three loopback addresses. */
export async function startTestCluster(): Promise<TestCluster> {
  const nodes = Object.entries(addresses).map(([name, address]) => ({
    name,
    address,
    role: name.startsWith('cp') ? ('control-plane' as const) : ('worker' as const),
  }));
  const own = { ...cluster, nodes };
  const pki = await createClusterPki(own);
  const folder = await mkdtemp(join(tmpdir(), 'talos-'));
  const running = new Map<string, TestNode>();
  let port = 0;
  for (const node of nodes) {
    const home = join(folder, node.name);
    await writeTalosState(home, { profile: 'corrected', cluster: own, node, pki });
    const started = await startNode(home, node.address, { port });
    port = started.port;
    running.set(node.name, started.node);
  }
  return {
    pki,
    folder,
    endpoint: `127.0.0.1:${port}`,
    node: (name) => running.get(name) as TestNode,
    client: async (role, endpoint = '127.0.0.1') =>
      connectTalos(parseTalosconfig(await pki.talos.talosconfig(role)), { endpoints: [`${endpoint}:${port}`] }),
    fault: (name, value) => writeFile(join(folder, 'cp01/faults.json'), JSON.stringify({ [name]: value })),
    stop: async () => {
      for (const { server } of running.values()) server.forceShutdown();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startNode(home: string, address: string, { port }: { port: number }): Promise<{ node: TestNode; port: number }> {
  const places = placesBelow(home);
  await Promise.all([mkdir(places.services, { recursive: true }), mkdir(join(places.logs, 'kubelet'), { recursive: true })]);
  await writeFile(join(places.logs, 'kubelet/current'), 'one\ntwo\nthree\n');
  await writeFile(join(places.etc, 'resolv.conf'), 'nameserver 192.168.29.1\n');
  const ended: string[] = [];
  const applied: string[] = [];
  const configuration = await Configuration.load(places.state);
  const machine: Machine = {
    places,
    configuration,
    effects: { apply: async ({ text }) => void applied.push(text), applyFirewall: async () => undefined },
    etcd: new Etcd(places),
    hardware: JSON.parse(await readFile(join(places.state, 'hardware.json'), 'utf8')) as Machine['hardware'],
    end: async (wish, { graceful }) => void ended.push(`${wish}${graceful ? '' : ' at once'}`),
  };
  const file = (name: string): Promise<Buffer> => readFile(join(places.state, 'pki', name));
  // The port is known only when the first node has bound it; the others take the same.
  const options = { ca: await file('ca.crt'), certificate: await file('apid.crt'), key: await file('apid.key'), port };
  const client = configuration.isControlPlane
    ? { ca: options.ca, certificate: await file('apid-client.crt'), key: await file('apid-client.key') }
    : undefined;
  const chosen = port === 0 ? await freePort() : port;
  const full = { ...options, port: chosen, ...(client === undefined ? {} : { forward: client }) };
  const server = createApiServer(machine, full);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`${address}:${chosen}`, serverCredentials(full), (error) => (error === null ? resolve() : reject(error)));
  });
  return { node: { machine, address, ended, applied, server }, port: chosen };
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function placesBelow(home: string): Places {
  const etc = join(home, 'disk/etc');
  return {
    state: join(etc, 'talos'),
    services: join(home, 'services'),
    logs: join(home, 'log'),
    etc,
    power: join(home, 'power'),
    faults: join(home, 'faults.json'),
    kubernetesPki: '/nonexistent',
    etcdctl: '/nonexistent/etcdctl',
  };
}
