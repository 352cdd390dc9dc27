import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound, type KubeObject, KubernetesError } from './kubernetes.ts';
import type { Cluster } from './cluster.ts';

/** The real managers share the objects out among themselves instead; here one of them does what concerns the whole cluster. */
const leaseName = 'longhorn-manager-leader';
const leaseSeconds = 10;
const renewMs = 2000;

interface Lease extends KubeObject {
  spec: { holderIdentity?: string; leaseDurationSeconds?: number; acquireTime?: string; renewTime?: string; leaseTransitions?: number };
}

/**
 * Holds or waits for the leader's Lease. A holder that could not renew it for two thirds of its duration counts itself
 * as deposed; another takes over at the latest 12 s after the holder's last renewal.
 */
export class Leadership {
  readonly #cluster: Cluster;
  readonly #elected: () => void;
  #renewedAt = 0;
  #seen: { version: string; at: number } | undefined;

  constructor(cluster: Cluster, elected: () => void) {
    this.#cluster = cluster;
    this.#elected = elected;
  }

  isLeader(): boolean {
    return performance.now() - this.#renewedAt < (leaseSeconds * 1000 * 2) / 3 && this.#renewedAt > 0;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = this.isLeader();
      await this.#campaign().catch((error: unknown) => process.stderr.write(`longhorn-manager: lease: ${String(error)}\n`));
      if (!before && this.isLeader()) {
        process.stdout.write(`longhorn-manager: ${this.#identity} leads\n`);
        this.#elected();
      }
      await delay(renewMs);
    }
  }

  /** Gives the lease up, so that another need not wait for it to run out. */
  async resign(): Promise<void> {
    if (!this.isLeader()) return;
    this.#renewedAt = 0;
    await this.#cluster.client.patch(`${this.#path}/${leaseName}`, { spec: { holderIdentity: '' } });
  }

  get #identity(): string {
    return this.#cluster.place.podName;
  }

  get #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#cluster.place.namespace}/leases`;
  }

  async #campaign(): Promise<void> {
    const startedAt = performance.now();
    const lease = await this.#read();
    const holder = lease?.spec.holderIdentity ?? '';
    if (lease !== undefined && holder !== this.#identity && holder !== '' && !this.#hasRunOut(lease)) return;
    try {
      await this.#write(lease, holder);
      this.#renewedAt = startedAt;
    } catch (error) {
      if (!(error instanceof KubernetesError && error.status === 409)) throw error;
    }
  }

  async #read(): Promise<Lease | undefined> {
    try {
      return await this.#cluster.client.get<Lease>(`${this.#path}/${leaseName}`);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** By the own clock: nodes' clocks need not agree. */
  #hasRunOut(lease: Lease): boolean {
    const version = lease.metadata.resourceVersion ?? '';
    if (this.#seen?.version !== version) this.#seen = { version, at: performance.now() };
    return performance.now() - this.#seen.at > leaseSeconds * 1000;
  }

  async #write(lease: Lease | undefined, holder: string): Promise<void> {
    const now = new Date().toISOString().replace('Z', '000Z');
    const own = holder === this.#identity;
    const spec = {
      holderIdentity: this.#identity,
      leaseDurationSeconds: leaseSeconds,
      renewTime: now,
      acquireTime: own ? (lease?.spec.acquireTime ?? now) : now,
      leaseTransitions: (lease?.spec.leaseTransitions ?? 0) + (own ? 0 : 1),
    };
    if (lease === undefined) {
      const metadata = { name: leaseName, namespace: this.#cluster.place.namespace };
      await this.#cluster.client.create(this.#path, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
      return;
    }
    await this.#cluster.client.replace(`${this.#path}/${leaseName}`, { ...lease, spec });
  }
}
