import { atApi, equal } from '../../harness/engine/measured.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { conditionOf, longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import type { TalosNode } from '../../harness/platform/talos/client.ts';
import { withTalos } from '../../harness/platform/talos/with-talos.ts';
import { byControlPlanes } from '../fixtures/control-planes.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { check } from './check.ts';
import { dataDiskConfiguration } from './data-disk.ts';
import type { HeldVolume } from './held-volumes.ts';
import { requirements } from './requirements.ts';
import { arrived } from './scratch-volumes.ts';

/** Guide: Hardware Requirements, Step 6. */
const dataDisk = { name: 'sdb', device: '/dev/sdb' };
const systemDisk = { name: 'sda', device: '/dev/sda', leastBytes: 50e9 };

interface OnNode<T> {
  readonly name: string;
  readonly isWorker: boolean;
  readonly value: T;
}

/** Asks the Talos API of every node. */
async function ofEachNode<T>(cluster: Cluster, ask: (node: TalosNode) => Promise<T>): Promise<OnNode<T>[]> {
  return withTalos(
    cluster,
    (talos) =>
      Promise.all(
        cluster.documented.nodes.map(async ({ name, address, role }) => ({
          name,
          isWorker: role === 'worker',
          value: await ask(talos.node(address)),
        })),
      ),
    byControlPlanes(cluster),
  );
}

function vantageOf({ name }: OnNode<unknown>): string {
  return `Talos API of ${name}`;
}

check(requirements['STOR-DISK-DEVICE'], async ({ cluster, observe, control, hint }) => {
  hint(async () => 'talosctl -n w01 get disks; talosctl -n w01 get systemdisk');
  const { diskBytes } = cluster.documented.storage;
  const nodes = await ofEachNode(cluster, async (node) => ({
    disks: (await node.list<{ size: number }>('disks')).map(({ id, spec }) => ({ name: id, bytes: spec.size })),
    system: (await node.list<{ diskID: string }>('systemdisks')).map(({ spec }) => spec.diskID),
  }));
  for (const node of nodes) {
    const { disks, system } = node.value;
    const sizeOf = (name: string): number | undefined => disks.find((disk) => disk.name === name)?.bytes;
    const isAtLeast = (name: string, least: number): Measured => ({
      subject: `size of /dev/${name} of ${node.name}`,
      vantage: vantageOf(node),
      expected: `at least ${least / 1e9} GB`,
      saw: sizeOf(name) === undefined ? 'no such disk' : `${((sizeOf(name) ?? 0) / 1e9).toFixed(1)} GB`,
      held: (sizeOf(name) ?? 0) >= least,
    });
    if (!node.isWorker) {
      const saw = sizeOf(dataDisk.name) === undefined ? 'none' : 'there is one';
      control(equal(`${dataDisk.device} of ${node.name}`, { expected: 'none', saw, vantage: vantageOf(node) }));
      continue;
    }
    observe(isAtLeast(systemDisk.name, systemDisk.leastBytes));
    observe(isAtLeast(dataDisk.name, diskBytes));
    observe(equal(`system disk of ${node.name}`, { expected: [systemDisk.name], saw: system, vantage: vantageOf(node) }));
  }
});

check(requirements['STOR-DISK-MOUNT'], async ({ cluster, observe, control, hint }) => {
  hint(async () => 'talosctl -n w01 get machineconfig -o yaml: which entries name /dev/sdb? talosctl -n w01 get mountstatus');
  const { diskMount, dataPath } = cluster.documented.storage;
  const nodes = await ofEachNode(cluster, async (node) => ({
    configured: dataDiskConfiguration(await node.machineConfiguration(), dataDisk.device),
    mounts: (await node.list<{ source: string; target: string }>('mountstatuses')).map(({ spec }) => spec),
    volumes: (await node.list<{ parentLocation?: string; location?: string; phase: string }>('volumestatuses')).map(({ spec }) => spec),
  }));
  for (const node of nodes.filter(({ isWorker }) => isWorker)) {
    const { configured, mounts, volumes } = node.value;
    const vantage = vantageOf(node);
    const own = volumes.filter(({ parentLocation, location }) => (parentLocation ?? location) === dataDisk.device);
    const targetsOf = (device: string): string[] => mounts.filter(({ source }) => source.startsWith(device)).map(({ target }) => target);
    observe(
      equal(`mounts of ${dataDisk.device} that ${node.name} is configured with`, {
        expected: [diskMount],
        saw: configured.mounts,
        vantage,
      }),
    );
    observe(equal(`extra mounts of the kubelet of ${node.name}`, { expected: [dataPath], saw: configured.extraMounts, vantage }));
    observe(equal(`mounts of ${dataDisk.device} on ${node.name}`, { expected: [diskMount], saw: targetsOf(dataDisk.device), vantage }));
    observe(
      equal(`partitions of ${dataDisk.device} on ${node.name}`, { expected: ['ready'], saw: own.map(({ phase }) => phase), vantage }),
    );
    control({
      subject: `mounts of ${systemDisk.device} on ${node.name}`,
      vantage,
      expected: 'with /var',
      saw: targetsOf(systemDisk.device).join(', ') || 'none',
      held: targetsOf(systemDisk.device).includes('/var'),
    });
  }
});

/** Guide: Step 6, extraMounts. */
const mountOptions = ['bind', 'rshared', 'rw'];
const mapCount = { key: 'proc.sys.vm.max_map_count', value: '262144' };

check(requirements['STOR-MOUNT-PROPAGATION'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'talosctl -n w01 get kubeletspec -o yaml; kubectl -n longhorn-system get nodes.longhorn.io -o yaml');
  const { dataPath } = cluster.documented.storage;
  const nodes = await ofEachNode(cluster, async (node) => ({
    mounts: (await node.list<{ extraMounts?: { destination: string; options?: string[] }[] }>('kubeletspecs')).flatMap(
      ({ spec }) => spec.extraMounts ?? [],
    ),
    current: (await node.list<{ current: string }>('kernelparamstatuses')).find(({ id }) => id === mapCount.key)?.spec.current,
  }));
  const longhornNodes = await longhorn(cluster.kubernetes, signal).nodes();
  for (const node of nodes) {
    const { mounts, current } = node.value;
    const options = mounts.filter(({ destination }) => destination === dataPath).flatMap((mount) => mount.options ?? []);
    if (!node.isWorker) {
      control(
        equal(`options of the kubelet's mount at ${dataPath} on ${node.name}`, { expected: [], saw: options, vantage: vantageOf(node) }),
      );
      continue;
    }
    const seen = [...new Set(options)];
    observe(
      equal(`options of the kubelet's mount at ${dataPath} on ${node.name}`, {
        expected: mountOptions,
        saw: seen,
        vantage: vantageOf(node),
      }),
    );
    observe(equal(`vm.max_map_count of ${node.name}`, { expected: mapCount.value, saw: current ?? 'not told', vantage: vantageOf(node) }));
    const conditions = longhornNodes.find(({ metadata }) => metadata.name === node.name)?.status?.conditions;
    observe(equal(`condition MountPropagation of ${node.name}`, { expected: 'True', saw: conditionOf(conditions, 'MountPropagation') }));
  }
});

/** What a file system keeps for itself of a disk, at most (xfs and partition table: far below). */
const lostToFileSystem = 0.05;

check(
  requirements['STOR-DATA-PATH'],
  async (context, { heldVolume }) => {
    const { cluster, observe, hint, signal } = context;
    hint(async () => 'kubectl -n longhorn-system get nodes.longhorn.io -o yaml; talosctl -n w01 mounts: on which disk is the data path?');
    const { dataPath, diskBytes } = cluster.documented.storage;
    const api = longhorn(cluster.kubernetes, signal);
    observe(equal('default data path', { expected: slashed(dataPath), saw: slashed(await api.setting('default-data-path')) }));
    for (const { metadata, spec, status } of await api.nodes()) {
      const paths = Object.values(spec.disks ?? {}).map(({ path }) => slashed(path));
      observe(equal(`paths of Longhorn's disks on ${metadata.name}`, { expected: [slashed(dataPath)], saw: paths }));
      for (const { storageMaximum = 0 } of Object.values(status?.diskStatus ?? {}))
        observe({
          subject: `size of the disk of ${metadata.name}`,
          vantage: atApi,
          expected: `about ${(diskBytes / 1e9).toFixed(0)} GB`,
          saw: `${(storageMaximum / 1e9).toFixed(1)} GB`,
          held: storageMaximum <= diskBytes && storageMaximum >= diskBytes * (1 - lostToFileSystem),
        });
    }
    const held = arrived(context, 'a volume to write to', heldVolume);
    if (held === undefined) return;
    for (const node of workerNames(cluster)) for (const measured of writtenOn(node, held, dataPath)) observe(measured);
    await mountedAt(context, dataPath);
  },
  { uses: ['longhorn'], deadlineMs: 480_000 },
);

/** Where the data of a volume have gone on a worker. */
function writtenOn(node: string, { written: { devices, folders, mebibytes } }: HeldVolume, dataPath: string): Measured[] {
  const vantage = `pod on ${node}`;
  const device = devices.get(node);
  const isOther = device !== undefined && device.disk !== device.system;
  const another = "not the operating system's";
  return [
    {
      key: `growth of the replica below the data path on ${node}`,
      subject: `growth of the replica below ${dataPath} on ${node} by ${mebibytes} MiB of random data`,
      vantage,
      expected: `at least ${mebibytes} MiB`,
      saw: `${Math.round((folders.get(node) ?? 0) / 1024)} MiB`,
      held: (folders.get(node) ?? 0) >= mebibytes * 1024,
    },
    equal(`device of ${dataPath} on ${node}`, { expected: another, saw: isOther ? another : 'the same', vantage }),
  ];
}

/** Workers have the second disk mounted at the data path, and control planes have nothing there. */
async function mountedAt({ cluster, observe, control }: CheckContext, dataPath: string): Promise<void> {
  const nodes = await ofEachNode(cluster, async (node) =>
    (await node.list<{ source: string; target: string }>('mountstatuses')).map(({ spec }) => spec),
  );
  for (const node of nodes) {
    const sources = node.value.filter(({ target }) => target === dataPath).map(({ source }) => source.replace(/\d+$/, ''));
    const expected = node.isWorker ? [dataDisk.device] : [];
    const measured = equal(`disk that ${node.name} has mounted at ${dataPath}`, { expected, saw: sources, vantage: vantageOf(node) });
    if (node.isWorker) observe(measured);
    else control(measured);
  }
}

/** Longhorn writes paths with and without a slash at the end. */
function slashed(path: string): string {
  return path.replace(/\/*$/, '/');
}
