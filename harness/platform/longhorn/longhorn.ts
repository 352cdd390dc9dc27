import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { ApiRefusal } from '../kubernetes/raw-objects.ts';

/** Where Longhorn and its custom resources live (guide: Install Longhorn). */
export const longhornNamespace = 'longhorn-system';
/** The manager's API (chart 1.10). */
export const managerPort = 9500;
const apiVersion = 'longhorn.io/v1beta2';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

interface Named {
  readonly metadata: { readonly name: string };
}

/** The fields that suites read of longhorn.io/v1beta2 Volume (longhorn-manager v1.10, k8s/pkg/apis/longhorn/v1beta2). */
export interface LonghornVolume extends Named {
  /** Bytes, as text. */
  readonly spec: { readonly size: string; readonly numberOfReplicas: number };
  readonly status?: {
    readonly state?: string;
    readonly robustness?: string;
    readonly currentNodeID?: string;
    readonly shareEndpoint?: string;
    readonly shareState?: string;
    readonly conditions?: readonly Condition[];
    readonly kubernetesStatus?: { readonly namespace?: string; readonly pvcName?: string };
  };
}

/** One copy of a volume's data. */
export interface LonghornReplica extends Named {
  readonly spec: {
    readonly volumeName: string;
    readonly nodeID?: string;
    /** Of the disk; the replica's own folder is `replicas/<dataDirectoryName>` in it. */
    readonly diskPath?: string;
    readonly dataDirectoryName?: string;
    /** RFC 3339; empty while it is not failed. */
    readonly failedAt?: string;
  };
  readonly status?: { readonly currentState?: string };
}

interface LonghornEngine extends Named {
  readonly spec: { readonly volumeName: string };
  readonly status?: {
    /** By replica: RW, WO while it is rebuilt, or ERR. */
    readonly replicaModeMap?: Readonly<Record<string, string>> | null;
  };
}

interface DiskStatus {
  readonly conditions?: readonly Condition[];
  readonly diskPath?: string;
  /** Bytes. */
  readonly storageMaximum?: number;
  readonly storageScheduled?: number;
  /** Bytes, by replica. */
  readonly scheduledReplica?: Readonly<Record<string, number>> | null;
}

export interface LonghornNode extends Named {
  readonly spec: {
    readonly allowScheduling: boolean;
    /** By the disk's name. */
    readonly disks?: Readonly<
      Record<string, { readonly path: string; readonly allowScheduling: boolean; readonly storageReserved: number }>
    >;
  };
  readonly status?: { readonly conditions?: readonly Condition[]; readonly diskStatus?: Readonly<Record<string, DiskStatus>> };
}

interface LonghornEngineImage extends Named {
  readonly spec: { readonly image: string };
}

/** Longhorn's own view of itself. Each call throws an ApiRefusal where the API refuses. */
export interface Longhorn {
  volumes(): Promise<LonghornVolume[]>;
  /** Undefined when there is no such volume. */
  volume(name: string): Promise<LonghornVolume | undefined>;
  /** Of one volume, in the order of their workers. */
  replicas(volume: string): Promise<LonghornReplica[]>;
  /** How the engine of an attached volume takes its replicas, by their names. */
  modes(volume: string): Promise<Readonly<Record<string, string>>>;
  nodes(): Promise<LonghornNode[]>;
  engineImages(): Promise<LonghornEngineImage[]>;
  setting(name: string): Promise<string>;
}

export function longhorn(kubernetes: Pick<Kubernetes, 'request'>, signal: AbortSignal): Longhorn {
  const base = `/apis/${apiVersion}/namespaces/${longhornNamespace}`;
  const list = async <T>(resource: string): Promise<T[]> => {
    const answer = await kubernetes.request({ method: 'GET', path: `${base}/${resource}` }, signal);
    if (answer.status !== 200) throw new ApiRefusal(`${resource} of Longhorn`, answer);
    return (answer.body as { items: T[] }).items;
  };
  const named = async <T>(resource: string, name: string): Promise<T | undefined> => {
    const answer = await kubernetes.request({ method: 'GET', path: `${base}/${resource}/${name}` }, signal);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw new ApiRefusal(`${resource}/${name} of Longhorn`, answer);
    return answer.body as T;
  };
  // The label is the one by which Longhorn itself finds a volume's parts (types.LonghornLabelVolume).
  const partsOf = (resource: string, volume: string): string => `${resource}?labelSelector=longhornvolume%3D${volume}`;
  return {
    volumes: () => list('volumes'),
    volume: (name) => named('volumes', name),
    replicas: async (volume) => {
      const found = await list<LonghornReplica>(partsOf('replicas', volume));
      return found.toSorted((one, other) => (one.spec.nodeID ?? '').localeCompare(other.spec.nodeID ?? ''));
    },
    modes: async (volume) => {
      const [engine] = await list<LonghornEngine>(partsOf('engines', volume));
      return engine?.status?.replicaModeMap ?? {};
    },
    nodes: () => list('nodes'),
    engineImages: () => list('engineimages'),
    setting: async (name) => {
      const found = await named<{ value: string }>('settings', name);
      if (found === undefined) throw new Error(`Longhorn has no setting ${name}`);
      return found.value;
    },
  };
}

/** How an object of Longhorn is named to the API. */
export function longhornRef(kind: 'Volume' | 'Replica' | 'Setting', name: string) {
  return { apiVersion, kind, metadata: { name, namespace: longhornNamespace } };
}

/** The status of a condition; `none` where there is no such condition. */
export function conditionOf(conditions: readonly Condition[] | undefined, type: string): string {
  return conditions?.find((each) => each.type === type)?.status ?? 'none';
}
