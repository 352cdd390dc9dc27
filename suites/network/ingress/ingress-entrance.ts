import { randomBytes } from 'node:crypto';
import type { V1Service } from '@kubernetes/client-node';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { startEchoGroup } from '../../fixtures/echo-group.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';

/** Guide, OPT-2: where the controller is, its address, and the domain of tenants' apps. */
export const entrance = {
  namespace: 'ingress-nginx',
  name: 'ingress-nginx-controller',
  address: '192.168.29.110',
  domain: 'apps.29.talos.vaheed.net',
} as const;

/** The controller's Service, which the chart names after the release (ingress-nginx chart: controller.service). */
export async function entranceService(kubernetes: Kubernetes): Promise<V1Service> {
  return kubernetes.core.readNamespacedService({ namespace: entrance.namespace, name: entrance.name });
}

/** A host of the apps' domain that nobody else has. */
export function newHost(): string {
  return `conform-${randomBytes(4).toString('hex')}.${entrance.domain}`;
}

export interface TenantApp {
  readonly host: string;
  readonly group: EchoGroup;
}

/** A tenant of the check's own with an app behind an Ingress, made from this manifest. */
export async function tenantApp(context: CheckContext, manifest: 'ingress-tenant' | 'ingress-tls'): Promise<TenantApp> {
  const { namespace } = await scratchTenant(context);
  const group = await startEchoGroup(context, { namespace });
  const host = newHost();
  await context.changes.createFrom(`${import.meta.dirname}/${manifest}.yaml`, {
    NAME: group.service.name,
    NAMESPACE: namespace,
    HOST: host,
    SERVICE: group.service.name,
  });
  return { host, group };
}
