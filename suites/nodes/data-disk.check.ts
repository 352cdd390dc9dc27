import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promised } from '../../guide/limits.ts';
import { equal } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { readyPods } from '../../harness/platform/kubernetes/kubernetes.ts';
import type { TalosNode } from '../../harness/platform/talos/client.ts';
import { withArguments } from '../../harness/probe/shell-words.ts';
import { workers } from '../admin-access/documented-nodes.ts';
import { check } from '../fixtures/check.ts';
import { ofMachine, ofMachines } from './machines.ts';
import { requirements } from './requirements.ts';

/** Guide, Step 6: the worker's second disk. */
const dataDisk = '/dev/sdb';
/** Enough to be told from what others write meanwhile. */
const writtenBytes = 64 * 1024 ** 2;
/** A file system takes some blocks more, and others write beside it. */
const leastGrowth = 0.75 * writtenBytes;
/** Pods that see the host are refused elsewhere: Talos enforces the level baseline everywhere but here (talos.dev: Pod Security). */
const namespace = 'kube-system';

interface Mounted {
  readonly disks: readonly { readonly dev_path: string; readonly size: number }[];
  readonly volumes: readonly { readonly id: string; readonly phase: string; readonly parentLocation?: string }[];
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
}

async function mountedOn(machine: TalosNode): Promise<Mounted> {
  const [disks, volumes, mounts] = await Promise.all([
    machine.list<Mounted['disks'][number]>('disks'),
    machine.list<Omit<Mounted['volumes'][number], 'id'>>('volumestatuses'),
    machine.list<Mounted['mounts'][number]>('mountstatuses'),
  ]);
  return {
    disks: disks.map(({ spec }) => spec),
    volumes: volumes.map(({ id, spec }) => ({ ...spec, id })),
    mounts: mounts.map(({ spec }) => spec),
  };
}

check(requirements['NODE-DATA-DISK'], async (context) => {
  const { cluster, observe, hint } = context;
  hint(async () => 'talosctl -n 192.168.29.21 get discoveredvolumes,volumestatuses,mountstatuses: what is mounted of /dev/sdb?');
  const { nodes, storage } = cluster.documented;
  for (const { node, vantage, value } of await ofMachines(cluster, nodes, mountedOn)) {
    const disks = value.disks.filter(({ dev_path }) => dev_path === dataDisk);
    const mounts = value.mounts.filter(({ source }) => source.startsWith(dataDisk)).map(({ target }) => target);
    if (node.role === 'control-plane') {
      observe(
        equal(`disks ${dataDisk} of ${node.name}, a control plane`, { expected: [], saw: disks.map(({ dev_path }) => dev_path), vantage }),
      );
      continue;
    }
    const [disk] = disks;
    observe({
      subject: `size of ${dataDisk} of ${node.name}`,
      vantage,
      expected: `at least ${promised.nodes.dataDiskBytes / 1e9} GB`,
      saw: disk === undefined ? 'no such disk' : `${(disk.size / 1e9).toFixed(1)} GB`,
      held: disk !== undefined && disk.size >= promised.nodes.dataDiskBytes,
    });
    observe(equal(`places where ${dataDisk} of ${node.name} is mounted`, { expected: [storage.diskMount], saw: mounts, vantage }));
    const failed = value.volumes.filter(({ phase }) => phase === 'failed').map(({ id }) => id);
    observe(equal(`volumes of ${node.name} that have failed`, { expected: [], saw: failed, vantage }));
  }
  await growsWhereItIsWritten(context);
});

/** A file that a pod writes below the mount takes room of the data disk. */
async function growsWhereItIsWritten(context: CheckContext): Promise<void> {
  const { cluster, control, signal } = context;
  const { dataPath, diskMount } = cluster.documented.storage;
  const pods = await hostPods(context, { path: dataPath, propagation: 'HostToContainer' });
  const program = await shellText('write-file.sh');
  for (const { node, place } of pods) {
    const available = async (): Promise<number> => {
      const mounts = await ofMachine(cluster, node, async (machine) => machine.mounts());
      return Number(mounts.find(({ mountedOn: on }) => on === diskMount)?.available ?? Number.NaN);
    };
    const before = await available();
    await cluster.kubernetes.run(place, withArguments(program, ['write', String(writtenBytes)]), signal);
    const after = await available();
    await cluster.kubernetes.run(place, withArguments(program, ['remove']), signal);
    const grown = before - after;
    control({
      key: `room that a file below ${dataPath} takes of the data disk of ${node.name}`,
      subject: `room that a file of 64 MiB below ${dataPath} takes of the data disk of ${node.name}`,
      vantage: `Talos API of ${node.name}`,
      expected: 'its size',
      saw: `${(grown / 1024 ** 2).toFixed(0)} MiB`,
      held: grown >= leastGrowth,
    });
  }
}

interface HostPod {
  readonly node: CheckContext['cluster']['documented']['nodes'][number];
  readonly place: { readonly namespace: string; readonly pod: string };
}

/** A pod on each worker that sees a folder of the host. */
async function hostPods(
  { cluster, changes, signal }: CheckContext,
  { path, propagation }: { path: string; propagation: 'HostToContainer' | 'Bidirectional' },
): Promise<HostPod[]> {
  const group = `conform-host-${nonce()}`;
  const nodes = workers(cluster);
  await Promise.all(
    nodes.map(({ name }) =>
      changes.createFrom(`${import.meta.dirname}/host-pod.yaml`, {
        NAME: `${group}-${name}`,
        NAMESPACE: namespace,
        GROUP: group,
        NODE: name,
        PATH: path,
        PROPAGATION: propagation,
      }),
    ),
  );
  await readyPods(cluster.kubernetes, { namespace, selector: `conform-host=${group}`, count: nodes.length }, signal);
  return nodes.map((node) => ({ node, place: { namespace, pod: `${group}-${node.name}` } }));
}

check(requirements['NODE-KUBELET-LONGHORN-MOUNT'], async (context) => {
  const { cluster, observe, control, hint, signal } = context;
  const { dataPath, diskMount } = cluster.documented.storage;
  hint(async () => `talosctl get machineconfig -o yaml: does machine.kubelet.extraMounts lead ${dataPath} to the disk, with rshared?`);
  const [makers, seers] = await Promise.all([
    hostPods(context, { path: dataPath, propagation: 'Bidirectional' }),
    hostPods(context, { path: dataPath, propagation: 'HostToContainer' }),
  ]);
  const program = await shellText('below-mount.sh');
  const name = `conform-${nonce()}`;
  const run = async ({ place }: HostPod, action: string): Promise<string> =>
    (await cluster.kubernetes.run(place, withArguments(program, [action, name]), signal)).trim();
  for (const [index, maker] of makers.entries()) {
    const seer = seers[index];
    if (seer === undefined) throw new Error('as many pods look as mount');
    const { node } = maker;
    const vantage = `pod on ${node.name}`;
    const mounts = await ofMachine(cluster, node, async (machine) => machine.mounts());
    const source = mounts.find(({ mountedOn: on }) => on === diskMount)?.filesystem ?? 'not mounted';
    observe({
      subject: `file system at ${dataPath} in a pod`,
      vantage,
      expected: `the one at ${diskMount} of the machine, ${source}`,
      saw: await run(maker, 'source'),
      held: (await run(maker, 'source')) === source,
    });
    observe(equal(`a file written below ${dataPath}`, { expected: 'written', saw: await run(maker, 'write'), vantage }));
    try {
      observe(equal(`a mount below ${dataPath}`, { expected: 'mounted', saw: await run(maker, 'mount'), vantage }));
      observe(equal(`the same mount, in another pod`, { expected: 'seen', saw: await run(seer, 'look'), vantage }));
    } finally {
      await run(maker, 'unmount');
    }
    control(equal(`the same mount, when it is gone`, { expected: 'not seen', saw: await run(seer, 'look'), vantage }));
    control({
      subject: `file system of the pod's own root`,
      vantage,
      expected: `not ${source}`,
      saw: await run(maker, 'root'),
      held: (await run(maker, 'root')) !== source,
    });
  }
});

async function shellText(program: string): Promise<string> {
  return readFile(join(import.meta.dirname, program), 'utf8');
}
