import { Cache } from './cache.ts';
import type { KubeObject, KubernetesClient } from './kubernetes.ts';
import type {
  BackupTarget,
  ConfigMap,
  Engine,
  EngineImage,
  InstanceManager,
  KubeNode,
  LonghornNode,
  PersistentVolume,
  Pod,
  Replica,
  Service,
  Setting,
  ShareManager,
  Volume,
  VolumeAttachment,
} from './objects.ts';

export const apiVersion = 'longhorn.io/v1beta2';

/** The manager's own place, from its pod's environment. */
export interface Place {
  readonly nodeName: string;
  readonly podName: string;
  readonly podIP: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Images of the release, by the options of the manager's command line (`--engine-image` ...). */
  readonly images: {
    readonly engine: string;
    readonly instanceManager: string;
    readonly shareManager: string;
    readonly backingImageManager: string;
    readonly supportBundle: string;
  };
}

/** All that a manager knows of the cluster, and the way to change it. */
export class Cluster {
  readonly client: KubernetesClient;
  readonly place: Place;
  readonly volumes: Cache<Volume>;
  readonly engines: Cache<Engine>;
  readonly replicas: Cache<Replica>;
  readonly nodes: Cache<LonghornNode>;
  readonly settings: Cache<Setting>;
  readonly instanceManagers: Cache<InstanceManager>;
  readonly attachments: Cache<VolumeAttachment>;
  readonly shareManagers: Cache<ShareManager>;
  readonly engineImages: Cache<EngineImage>;
  readonly backupTargets: Cache<BackupTarget>;
  readonly configMaps: Cache<ConfigMap>;
  readonly services: Cache<Service>;
  readonly kubeNodes: Cache<KubeNode>;
  readonly pods: Cache<Pod>;
  readonly persistentVolumes: Cache<PersistentVolume>;
  readonly #listeners = new Set<() => void>();

  constructor(client: KubernetesClient, place: Place) {
    this.client = client;
    this.place = place;
    const changed = (): void => {
      for (const listener of this.#listeners) listener();
    };
    const own = <T extends KubeObject>(plural: string): Cache<T> => new Cache<T>(client, this.pathOf(plural), changed);
    const core = <T extends KubeObject>(path: string): Cache<T> => new Cache<T>(client, path, changed);
    this.volumes = own('volumes');
    this.engines = own('engines');
    this.replicas = own('replicas');
    this.nodes = own('nodes');
    this.settings = own('settings');
    this.instanceManagers = own('instancemanagers');
    this.attachments = own('volumeattachments');
    this.shareManagers = own('sharemanagers');
    this.engineImages = own('engineimages');
    this.backupTargets = own('backuptargets');
    this.configMaps = core(`/api/v1/namespaces/${place.namespace}/configmaps`);
    this.services = core(`/api/v1/namespaces/${place.namespace}/services`);
    this.kubeNodes = core('/api/v1/nodes');
    this.pods = core('/api/v1/pods');
    this.persistentVolumes = core('/api/v1/persistentvolumes');
  }

  /** Path of a collection of Longhorn objects. */
  pathOf(plural: string): string {
    return `/apis/${apiVersion}/namespaces/${this.place.namespace}/${plural}`;
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Starts all caches and waits until each has been listed once. */
  async start(signal: AbortSignal): Promise<void> {
    const caches = this.#caches();
    for (const cache of caches) void cache.run(signal);
    await Promise.all(caches.map((cache) => cache.ready));
  }

  ownPod(name: string): Pod | undefined {
    return this.pods.get(name, this.place.namespace);
  }

  #caches(): Cache<KubeObject>[] {
    return [
      this.volumes,
      this.engines,
      this.replicas,
      this.nodes,
      this.settings,
      this.instanceManagers,
      this.attachments,
      this.shareManagers,
      this.engineImages,
      this.backupTargets,
      this.configMaps,
      this.services,
      this.kubeNodes,
      this.pods,
      this.persistentVolumes,
    ] as Cache<KubeObject>[];
  }
}
