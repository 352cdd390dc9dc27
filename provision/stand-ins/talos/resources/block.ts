import { readFile, readdir, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Machine } from '../node/machine.ts';
import type { Resource, ResourceType } from './definition.ts';

const namespace = 'runtime';

export const blockTypes: readonly ResourceType[] = [
  {
    type: 'Disks.block.talos.dev',
    namespace,
    columns: [
      ['Size', '{.pretty_size}'],
      ['Transport', '{.transport}'],
      ['Model', '{.model}'],
    ],
    read: disks,
  },
  {
    type: 'SystemDisks.block.talos.dev',
    namespace,
    columns: [['Disk', '{.diskID}']],
    read: async ({ hardware }) => [{ id: 'system-disk', spec: { diskID: hardware.osDisk.name, devPath: `/dev/${hardware.osDisk.name}` } }],
  },
  {
    type: 'DiscoveredVolumes.block.talos.dev',
    namespace,
    columns: [
      ['Type', '{.type}'],
      ['Size', '{.pretty_size}'],
      ['Discovered', '{.name}'],
      ['Label', '{.label}'],
    ],
    read: discoveredVolumes,
  },
  {
    type: 'VolumeStatuses.block.talos.dev',
    namespace,
    columns: [
      ['Type', '{.type}'],
      ['Phase', '{.phase}'],
      ['Location', '{.location}'],
    ],
    read: volumeStatuses,
  },
  {
    type: 'MountStatuses.block.talos.dev',
    namespace,
    columns: [
      ['Source', '{.source}'],
      ['Target', '{.target}'],
      ['Filesystem', '{.filesystem}'],
    ],
    read: mountStatuses,
  },
];

/** The loop device of a worker's second disk: what Talos would see as /dev/sdb. */
interface DataDisk {
  readonly loop: string;
  readonly bytes: number;
}

const dataDiskName = 'sdb';

/** The image file of a second disk is called after it: NODE/sdb.img. */
async function dataDisk(): Promise<DataDisk | undefined> {
  const mounted = new Set((await mounts()).map(({ source }) => basename(source)));
  const loops = (await readdir('/sys/block').catch(() => [])).filter((name) => mounted.has(name) && name.startsWith('loop'));
  for (const loop of loops) {
    const backing = await readFile(join('/sys/block', loop, 'loop/backing_file'), 'utf8').catch(() => '');
    if (backing.trim().endsWith(`/${dataDiskName}.img`))
      return { loop, bytes: Number(await readFile(join('/sys/block', loop, 'size'), 'utf8')) * 512 };
  }
  return undefined;
}

async function disks({ hardware }: Machine): Promise<Resource[]> {
  const data = await dataDisk();
  return [disk(hardware.osDisk.name, hardware.osDisk.bytes), ...(data === undefined ? [] : [disk(dataDiskName, data.bytes)])];
}

function disk(name: string, bytes: number): Resource {
  return {
    id: name,
    spec: {
      dev_path: `/dev/${name}`,
      size: bytes,
      pretty_size: prettySize(bytes),
      io_size: 512,
      sector_size: 512,
      readonly: false,
      cdrom: false,
      model: 'Virtual disk',
      transport: 'sas',
      rotational: true,
    },
  };
}

interface Mount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly readOnly: boolean;
}

async function mounts(): Promise<Mount[]> {
  const lines = (await readFile('/proc/self/mounts', 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const [source = '', target = '', type = '', options = ''] = line.split(' ');
    return { source, target, type, readOnly: options.split(',').includes('ro') };
  });
}

/** A volume of Talos that is mounted: the node's own disk at /var, and the second disk wherever it is. */
interface Volume {
  readonly id: string;
  readonly device: string;
  readonly parent: string;
  readonly label: string;
  readonly mount: Mount;
}

async function mountedVolumes({ hardware, configuration }: Machine): Promise<Volume[]> {
  const data = await dataDisk();
  const all = await mounts();
  const system = hardware.osDisk.name;
  const ephemeral = all.findLast(({ target }) => target === '/var');
  const userVolume = configuration.documents.find(({ kind }) => kind === 'UserVolumeConfig')?.name;
  const onData =
    data === undefined
      ? []
      : all.filter(
          ({ source, target }) => basename(source) === data.loop && !target.startsWith('/var/lib/kubelet/') && !target.startsWith('/run/'),
        );
  const id = (index: number, target: string): string =>
    userVolume === undefined ? `/dev/${dataDiskName}-${index + 1}@${target}` : `u-${userVolume}${index === 0 ? '' : `@${target}`}`;
  return [
    ...(ephemeral === undefined
      ? []
      : [{ id: 'EPHEMERAL', device: `/dev/${system}4`, parent: `/dev/${system}`, label: 'EPHEMERAL', mount: ephemeral }]),
    ...onData.map((mount, index) => ({
      id: id(index, mount.target),
      device: `/dev/${dataDiskName}1`,
      parent: `/dev/${dataDiskName}`,
      label: userVolume === undefined ? '' : `u-${userVolume}`,
      mount,
    })),
  ];
}

async function mountStatuses(machine: Machine): Promise<Resource[]> {
  return (await mountedVolumes(machine)).map(({ id, device, mount }) => ({
    id,
    spec: {
      spec: { volumeID: id, parentID: '', readOnly: mount.readOnly, requesters: [], requesterIDs: [] },
      source: device,
      target: mount.target,
      filesystem: mount.type,
      readOnly: mount.readOnly,
      projectQuotaSupport: false,
    },
  }));
}

/** One volume for each partition, however often it is mounted. */
async function volumeStatuses(machine: Machine): Promise<Resource[]> {
  const volumes = await mountedVolumes(machine);
  const first = volumes.filter(({ device }, index) => volumes.findIndex((other) => other.device === device) === index);
  return Promise.all(
    first.map(async ({ id, device, parent, mount }) => {
      // The node's own disk is a folder of the machine's: its file system is not the documented disk's size.
      const bytes = id === 'EPHEMERAL' ? Math.min(await sizeOf(mount.target), machine.hardware.osDisk.bytes) : await sizeOf(mount.target);
      return {
        id,
        spec: {
          phase: 'ready',
          type: 'partition',
          location: device,
          mountLocation: device,
          partitionIndex: Number(device.at(-1)),
          parentLocation: parent,
          size: bytes,
          prettySize: prettySize(bytes),
          filesystem: mount.type,
          mountSpec: { targetPath: mount.target },
        },
      };
    }),
  );
}

async function discoveredVolumes(machine: Machine): Promise<Resource[]> {
  const partitions = await volumeStatuses(machine);
  const labels = new Map((await mountedVolumes(machine)).map(({ device, label }) => [device, label]));
  return [
    ...(await disks(machine)).map(({ id, spec }) => ({
      id,
      spec: {
        dev_path: `/dev/${id}`,
        type: 'disk',
        device_path: `/devices/virtual/block/${id}`,
        ...pick(spec, ['size', 'pretty_size']),
        sector_size: 512,
        io_size: 512,
        name: 'gpt',
      },
    })),
    ...partitions.map(({ spec }) => {
      const {
        location,
        size,
        prettySize: pretty,
        filesystem,
        parentLocation,
      } = spec as { location: string; size: number; prettySize: string; filesystem: string; parentLocation: string };
      const label = labels.get(location) ?? '';
      return {
        id: basename(location),
        spec: {
          dev_path: location,
          type: 'partition',
          device_path: location,
          parent: basename(parentLocation),
          parent_dev_path: parentLocation,
          size,
          pretty_size: pretty,
          name: filesystem,
          label,
          partition_label: label,
          partition_index: Number(location.at(-1)),
        },
      };
    }),
  ];
}

function pick(value: unknown, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, (value as Record<string, unknown>)[key]]));
}

async function sizeOf(path: string): Promise<number> {
  const { blocks, bsize } = await statfs(path);
  return blocks * bsize;
}

/** As Talos prints sizes: powers of ten, two digits. */
function prettySize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
