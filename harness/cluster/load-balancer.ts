import { attempt } from '../attempt.ts';
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

/**
 * The nodes that MetalLB says announce a Service (metallb.io/v1beta1 ServiceL2Status): one, once its speakers agree. While
 * endpoints become ready the announcer may change, and the one before is then named a moment longer; after the time that
 * is given, what is named is returned as it is.
 */
export async function announcingNodes(kubernetes: Kubernetes, place: ServicePlace, options: { timeoutMs: number; signal: AbortSignal }): Promise<string[]> {
  let named: string[] = [];
  const agreed = await attempt(options.signal, () =>
    until(`one node to announce ${place.namespace}/${place.name}`, { ...options, everyMs: 500 }, async () => {
      named = await namedNodes(kubernetes, place);
      return named.length === 1 ? { done: named } : { notYet: named.join(', ') || 'none' };
    }),
  );
  return agreed.kind === 'done' ? agreed.value : named;
}

async function namedNodes(kubernetes: Kubernetes, { namespace, name }: ServicePlace): Promise<string[]> {
  const statuses = await kubernetes.objects.list('metallb.io/v1beta1', 'ServiceL2Status', 'metallb-system');
  const own = statuses.items.filter(({ metadata }) => metadata?.labels?.['metallb.io/service-name'] === name && metadata.labels['metallb.io/service-namespace'] === namespace);
  return own.flatMap((each) => (each as { status?: { node?: string } }).status?.node ?? []);
}
