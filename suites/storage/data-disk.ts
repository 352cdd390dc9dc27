import { parseAllDocuments } from 'yaml';

/** The documents of a machine configuration, as far as these checks read them (talos.dev: v1alpha1 Config, UserVolumeConfig). */
interface ConfigDocument {
  readonly machine?: {
    readonly disks?: readonly { readonly device: string; readonly partitions?: readonly { readonly mountpoint?: string }[] }[];
    readonly kubelet?: { readonly extraMounts?: readonly { readonly destination: string }[] };
  };
  readonly kind?: string;
  readonly name?: string;
  readonly provisioning?: { readonly diskSelector?: { readonly match?: string } };
}

/** What a machine configuration does with the second disk. */
export interface DataDiskConfiguration {
  /** Where a partition of it is mounted, each time that the configuration says so. */
  readonly mounts: readonly string[];
  /** Destinations of the kubelet's extra mounts. */
  readonly extraMounts: readonly string[];
}

/** Talos mounts a user volume there (talos.dev: User Volumes). */
const userVolumes = '/var/mnt/';

/** Reads a machine configuration; nothing else of it is kept, for it holds keys. */
export function dataDiskConfiguration(yaml: string, device: string): DataDiskConfiguration {
  const documents = parseAllDocuments(yaml).map((document) => document.toJS() as ConfigDocument);
  const disks = documents.flatMap(({ machine }) => machine?.disks ?? []).filter((disk) => disk.device === device);
  const partitions = disks.flatMap(({ partitions: own = [] }) => own.map(({ mountpoint }) => mountpoint ?? 'nowhere'));
  const volumes = documents
    .filter(({ kind, provisioning }) => kind === 'UserVolumeConfig' && provisioning?.diskSelector?.match?.includes(device) === true)
    .map(({ name }) => `${userVolumes}${name}`);
  return {
    mounts: [...partitions, ...volumes],
    extraMounts: documents.flatMap(({ machine }) => machine?.kubelet?.extraMounts ?? []).map(({ destination }) => destination),
  };
}
