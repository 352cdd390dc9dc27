import { promised } from '../../../guide/limits.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { allocation, announcingNodes } from '../../../harness/platform/metallb/load-balancer.ts';
import { type EchoGroup, startEchoGroup } from '../../fixtures/echo-group.ts';

/** A Service of type LoadBalancer, and who MetalLB says announces it. */
export interface AnnouncedService {
  readonly name: string;
  /** `none` where it got none. */
  readonly address: string;
  readonly url: string;
  /** One, once the speakers agree; none where nobody announces it. */
  readonly nodes: readonly string[];
}

export interface AnnouncedGroup {
  readonly group: EchoGroup;
  readonly services: readonly AnnouncedService[];
}

/** Echo pods on every worker, in a namespace of the check's own, and so many Services before all of them. */
export async function announcedServices(
  { cluster, changes, signal }: Pick<CheckContext, 'cluster' | 'changes' | 'signal'>,
  count: number,
): Promise<AnnouncedGroup> {
  const { kubernetes } = cluster;
  const namespace = `conform-announced-${nonce()}`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const group = await startEchoGroup({ cluster, changes, signal }, { namespace });
  const names = Array.from({ length: count }, (_, index) => `conform-announced-${index + 1}`);
  await Promise.all(
    names.map((name) =>
      changes.createFrom(`${import.meta.dirname}/announced-service.yaml`, { NAME: name, NAMESPACE: namespace, GROUP: group.service.name }),
    ),
  );
  const services = await Promise.all(
    names.map(async (name): Promise<AnnouncedService> => {
      const given = await allocation(kubernetes, { namespace, name }, { timeoutMs: promised.network.addressAssignedMs, signal });
      const settles = { timeoutMs: promised.network.announcementSettlesMs, signal };
      const nodes = await announcingNodes(kubernetes, { namespace, name }, settles);
      const address = given.kind === 'given' ? given.address : 'none';
      return { name, address, url: `http://${address}/hostname`, nodes };
    }),
  );
  return { group, services };
}
