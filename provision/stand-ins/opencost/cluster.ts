import { type Kubernetes, type KubernetesObject, list } from './kubernetes.ts';

export interface Container {
  readonly name: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>>; readonly limits?: Readonly<Record<string, string>> };
}

export interface ClusterPod extends KubernetesObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly Container[];
    readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName: string } }[];
  };
  readonly status: {
    readonly phase?: string;
    readonly containerStatuses?: readonly { readonly name: string; readonly state?: { readonly running?: unknown } }[];
  };
}

interface ClusterNode extends KubernetesObject {
  readonly spec: { readonly providerID?: string };
  readonly status: { readonly capacity?: Readonly<Record<string, string>>; readonly allocatable?: Readonly<Record<string, string>> };
}

interface ClusterVolume extends KubernetesObject {
  readonly spec: {
    readonly capacity?: { readonly storage?: string };
    readonly storageClassName?: string;
    readonly csi?: { readonly volumeHandle?: string };
  };
  readonly status?: { readonly phase?: string };
}

interface ClusterClaim extends KubernetesObject {
  readonly spec: {
    readonly volumeName?: string;
    readonly storageClassName?: string;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
}

interface ClusterService extends KubernetesObject {
  readonly spec: { readonly type?: string; readonly selector?: Readonly<Record<string, string>> };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] } };
}

interface ClusterWorkload extends KubernetesObject {
  readonly spec: { readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } };
}

/** The cluster's objects at a moment. */
export interface Cluster {
  readonly version: string;
  readonly namespaces: readonly KubernetesObject[];
  readonly nodes: readonly ClusterNode[];
  readonly pods: readonly ClusterPod[];
  readonly services: readonly ClusterService[];
  readonly volumes: readonly ClusterVolume[];
  readonly claims: readonly ClusterClaim[];
  readonly deployments: readonly ClusterWorkload[];
  readonly statefulSets: readonly ClusterWorkload[];
}

const oldest = 10_000;

/** Lists the cluster's objects when asked, at most every ten seconds. */
export function clusterOfKubernetes(kubernetes: Kubernetes): () => Promise<Cluster> {
  let latest: Promise<Cluster> | undefined;
  let readAt = 0;
  return () => {
    if (latest === undefined || Date.now() - readAt > oldest) {
      readAt = Date.now();
      latest = readCluster(kubernetes);
      latest.catch(() => {
        latest = undefined;
      });
    }
    return latest;
  };
}

async function readCluster(kubernetes: Kubernetes): Promise<Cluster> {
  const [version, namespaces, nodes, pods, services, volumes, claims, deployments, statefulSets] = await Promise.all([
    kubernetes.read('/version') as Promise<{ readonly major: string; readonly minor: string }>,
    list<KubernetesObject>(kubernetes, '/api/v1/namespaces'),
    list<ClusterNode>(kubernetes, '/api/v1/nodes'),
    list<ClusterPod>(kubernetes, '/api/v1/pods'),
    list<ClusterService>(kubernetes, '/api/v1/services'),
    list<ClusterVolume>(kubernetes, '/api/v1/persistentvolumes'),
    list<ClusterClaim>(kubernetes, '/api/v1/persistentvolumeclaims'),
    list<ClusterWorkload>(kubernetes, '/apis/apps/v1/deployments'),
    list<ClusterWorkload>(kubernetes, '/apis/apps/v1/statefulsets'),
  ]);
  return { version: `${version.major}.${version.minor}`, namespaces, nodes, pods, services, volumes, claims, deployments, statefulSets };
}
