import type { DocumentedCluster } from '../../../guide/cluster.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1Service } from '@kubernetes/client-node';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { startEchoGroup } from '../../fixtures/echo-group.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';

/** Guide, OPT-2: where the controller is installed. */
export const controller = { namespace: 'ingress-nginx', name: 'ingress-nginx-controller' } as const;

/** The controller's Service, which the chart names after the release (ingress-nginx chart: controller.service). */
export async function entranceService(kubernetes: Kubernetes): Promise<V1Service> {
  return kubernetes.core.readNamespacedService(controller);
}

/** A host of the apps' domain that nobody else has. */
export function newHost({ ingress: { domain } }: Pick<DocumentedCluster, 'ingress'>): string {
  return `conform-${nonce()}.${domain}`;
}

export interface TenantApp {
  readonly host: string;
  readonly group: EchoGroup;
}

/** A tenant of the check's own with an app behind an Ingress, made from this manifest. */
export async function tenantApp(context: CheckContext, manifest: 'ingress-tenant' | 'ingress-tls'): Promise<TenantApp> {
  const { namespace } = await scratchTenant(context);
  const group = await startEchoGroup(context, { namespace });
  const host = newHost(context.cluster.documented);
  await context.changes.createFrom(`${import.meta.dirname}/${manifest}.yaml`, {
    NAME: group.service.name,
    NAMESPACE: namespace,
    HOST: host,
    SERVICE: group.service.name,
  });
  return { host, group };
}
