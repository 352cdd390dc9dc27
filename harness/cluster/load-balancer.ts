import { until } from '../waiting.ts';
import type { Kubernetes } from './kubernetes.ts';

interface ServicePlace {
  readonly namespace: string;
  readonly name: string;
}

/** The address that a Service of type LoadBalancer was given; throws a WaitTimeout when it gets none in time. */
export async function assignedAddress(kubernetes: Kubernetes, place: ServicePlace, options: { timeoutMs: number; signal: AbortSignal }): Promise<string> {
  return until(`an address for Service ${place.namespace}/${place.name}`, { ...options, everyMs: 200 }, async () => {
    const { status } = await kubernetes.core.readNamespacedService(place);
    const ip = status?.loadBalancer?.ingress?.[0]?.ip;
    return ip === undefined ? { notYet: 'no address' } : { done: ip };
  });
}

/** MetalLB's own record of which node announces a Service (metallb.io/v1beta1 ServiceL2Status); empty when none does. */
export async function announcingNode(kubernetes: Kubernetes, { namespace, name }: ServicePlace): Promise<string> {
  const statuses = await kubernetes.objects.list('metallb.io/v1beta1', 'ServiceL2Status', 'metallb-system');
  const own = statuses.items.filter(({ metadata }) => metadata?.labels?.['metallb.io/service-name'] === name && metadata.labels['metallb.io/service-namespace'] === namespace);
  return own.map((each) => (each as { status?: { node?: string } }).status?.node ?? '').join(', ');
}
