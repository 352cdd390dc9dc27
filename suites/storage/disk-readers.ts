import { readyPods } from '../../harness/platform/kubernetes/kubernetes.ts';
import type { PodPlace } from '../../harness/platform/kubernetes/kubernetes.ts';
import { type FixtureContext, fixture } from '../../harness/platform/check.ts';
import { longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { scratchNamespace } from './scratch-volumes.ts';

/** A pod on a worker that reads the disk of Longhorn. */
export interface DiskReader extends PodPlace {
  readonly node: string;
}

/** One on each worker that is a node of Longhorn with a disk. */
export const diskReaders = fixture({ name: 'readers of the disks of Longhorn' }, async (context): Promise<readonly DiskReader[]> => {
  const { cluster, changes, signal } = context;
  // A host path is refused below this level (Kubernetes: Pod Security Standards).
  const namespace = await scratchNamespace(context, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  const nodes = await longhorn(cluster.kubernetes, signal).nodes();
  const disks = workerNames(cluster).flatMap((node) => {
    const [disk] = Object.values(nodes.find(({ metadata }) => metadata.name === node)?.spec.disks ?? {});
    return disk === undefined ? [] : [{ node, path: disk.path }];
  });
  return Promise.all(
    disks.map(async ({ node, path }): Promise<DiskReader> => {
      const name = `disk-of-${node}`;
      const values = { NAME: name, NAMESPACE: namespace, NODE: node, PATH: path };
      await changes.createFrom(`${import.meta.dirname}/disk-reader.yaml`, values);
      await readyPods(cluster.kubernetes, { namespace, selector: `conform-pod=${name}`, count: 1 }, signal);
      return { namespace, pod: name, node };
    }),
  );
});

type Tools = Pick<FixtureContext, 'cluster' | 'signal'>;

/** KiB that each replica's folder occupies, by worker; 0 where there is none. */
export async function foldersOf(
  { cluster, signal }: Tools,
  readers: readonly DiskReader[],
  folders: readonly { readonly node: string; readonly folder: string }[],
): Promise<Map<string, number>> {
  const sizes = await Promise.all(
    readers.map(async (reader) => {
      const own = folders.filter(({ node }) => node === reader.node).map(({ folder }) => `/disk/replicas/${folder}`);
      const text = own.length === 0 ? '' : await cluster.kubernetes.run(reader, `du -sk ${own.join(' ')} 2>/dev/null`, signal);
      return [reader.node, kibibytes(text)] as const;
    }),
  );
  return new Map(sizes);
}

/** The sum of what du(1) prints. */
export function kibibytes(text: string): number {
  return text
    .split('\n')
    .map((line) => Number(/^(\d+)\s/.exec(line)?.[1] ?? 0))
    .reduce((sum, each) => sum + each, 0);
}

/** The names of the folders of replicas that a worker's disk has. */
export async function replicaFolders({ cluster, signal }: Tools, reader: DiskReader): Promise<string[]> {
  return (await cluster.kubernetes.run(reader, 'ls -1 /disk/replicas', signal)).split('\n').filter((name) => name !== '');
}

/** Numbers of the devices on which Longhorn's disk and the operating system's folder are (stat(2)). */
export interface Devices {
  readonly disk: string;
  readonly system: string;
}

export async function devicesOf({ cluster, signal }: Tools, reader: DiskReader): Promise<Devices> {
  return devicesIn(await cluster.kubernetes.run(reader, 'stat -c %d /disk /system', signal));
}

/** Throws for a text that stat(1) does not print. */
export function devicesIn(text: string): Devices {
  const [disk = '', system = ''] = text.trim().split('\n');
  if (!/^\d+$/.test(disk) || !/^\d+$/.test(system)) throw new Error(`the devices could not be read: ${text}`);
  return { disk, system };
}
