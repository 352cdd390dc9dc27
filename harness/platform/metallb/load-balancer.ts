import type { KubernetesObject, V1Service } from '@kubernetes/client-node';
import { WaitTimeout, until } from '../../engine/waiting.ts';
import { type AddressRange, addressesOf } from '../../../guide/address.ts';
import { metallbNamespace } from './address-pools.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { ApiRefusal } from '../kubernetes/raw-objects.ts';

export interface ServicePlace {
  readonly namespace: string;
  readonly name: string;
}

/** A Service of type LoadBalancer as a check makes it. */
export interface LoadBalancerRequest extends ServicePlace {
  /** `spec.loadBalancerIP`. */
  readonly address?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The pods behind it; nobody unless given: an address is assigned all the same, and not announced. */
  readonly selector?: Readonly<Record<string, string>>;
}

/** The annotations by which a Service asks for an address or a pool, and by which MetalLB v0.14 tells the pool it took. */
export const metallbAnnotations = {
  address: 'metallb.io/loadBalancerIPs',
  pool: 'metallb.io/address-pool',
  allocatedFrom: 'metallb.io/ip-allocated-from-pool',
} as const;

/** The ports that the guide opens for HTTP (Port Reference: 80 / 443), both before the echo pods' server. */
export function loadBalancerService({
  namespace,
  name,
  address,
  annotations,
  selector = { 'conform-pod': 'nobody' },
}: LoadBalancerRequest): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, ...(annotations === undefined ? {} : { annotations: { ...annotations } }) },
    spec: {
      type: 'LoadBalancer',
      allocateLoadBalancerNodePorts: false,
      selector: { ...selector },
      ...(address === undefined ? {} : { loadBalancerIP: address }),
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'https', port: 443, targetPort: 8080 },
      ],
    },
  };
}

/** What a Service's wish for an address came to: one, and the pool that it is from; or none, and what was said about it. */
export type Allocation =
  | { readonly kind: 'given'; readonly address: string; readonly pool: string }
  | { readonly kind: 'none'; readonly reason: string };

export function allocationText(came: Allocation): string {
  return came.kind === 'given' ? `${came.address} from ${came.pool}` : `none: ${came.reason}`;
}

/** Waits for a Service's address, and when none comes for the whole of that time gives the reason that MetalLB's events tell. */
export async function allocation(
  kubernetes: Kubernetes,
  place: ServicePlace,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<Allocation> {
  try {
    const address = await assignedAddress(kubernetes, place, options);
    const { metadata } = await kubernetes.core.readNamespacedService(place);
    return { kind: 'given', address, pool: metadata?.annotations?.[metallbAnnotations.allocatedFrom] ?? 'no pool' };
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    return { kind: 'none', reason: await allocationFailure(kubernetes, place) };
  }
}

/** Hands a Service over, by whoever may make it, and waits; that the API refuses it is a reason, too. */
export async function asked(
  kubernetes: Kubernetes,
  make: () => Promise<KubernetesObject>,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<Allocation> {
  try {
    const { metadata } = await make();
    return await allocation(kubernetes, { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' }, options);
  } catch (error) {
    if (error instanceof ApiRefusal) return { kind: 'none', reason: error.message };
    throw error;
  }
}

/** MetalLB's own words, by its controller's event; the event may be missing. */
async function allocationFailure({ core }: Kubernetes, { namespace, name }: ServicePlace): Promise<string> {
  const { items } = await core.listNamespacedEvent({ namespace, fieldSelector: `involvedObject.name=${name},reason=AllocationFailed` });
  const message = items.at(-1)?.message;
  return message === undefined ? 'no event' : `AllocationFailed: ${message}`;
}

export function addressesGiven({ status }: V1Service): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
}

/** All Services of that type; Kubernetes 1.30 cannot select them (erratum E99). */
export async function loadBalancers({ core }: Kubernetes): Promise<V1Service[]> {
  return (await core.listServiceForAllNamespaces()).items.filter(({ spec }) => spec?.type === 'LoadBalancer');
}

/** The last addresses of a range that no Service has: MetalLB gives out the first ones first. Throws when there are not so many. */
export async function lastFreeAddresses(kubernetes: Kubernetes, range: AddressRange, count: number): Promise<string[]> {
  const taken = new Set(
    (await loadBalancers(kubernetes)).flatMap((service) => [...addressesGiven(service), service.spec?.loadBalancerIP ?? '']),
  );
  const free = addressesOf(range).filter((address) => !taken.has(address));
  if (free.length < count) throw new Error(`of ${range.first}-${range.last} ${free.length} addresses are free, the check needs ${count}`);
  return free.slice(-count).toReversed();
}

/** The address that a Service of type LoadBalancer was given; throws a WaitTimeout when it gets none in time. */
export async function assignedAddress(
  kubernetes: Kubernetes,
  place: ServicePlace,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<string> {
  return until(`an address for Service ${place.namespace}/${place.name}`, { ...options, everyMs: 200 }, async () => {
    const [ip] = addressesGiven(await kubernetes.core.readNamespacedService(place));
    return ip === undefined ? { notYet: 'no address' } : { done: ip };
  });
}

/**
 * The nodes that MetalLB says announce a Service (metallb.io/v1beta1 ServiceL2Status): one, once its speakers agree. While
 * endpoints become ready the announcer may change, and the one before is then named a moment longer; after the time that
 * is given, what is named is returned as it is.
 */
export async function announcingNodes(
  kubernetes: Kubernetes,
  place: ServicePlace,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<string[]> {
  let named: string[] = [];
  try {
    return await until(`one node to announce ${place.namespace}/${place.name}`, { ...options, everyMs: 500 }, async () => {
      named = await namedNodes(kubernetes, place);
      return named.length === 1 ? { done: named } : { notYet: named.join(', ') || 'none' };
    });
  } catch (error) {
    if (error instanceof WaitTimeout) return named;
    throw error;
  }
}

async function namedNodes(kubernetes: Kubernetes, { namespace, name }: ServicePlace): Promise<string[]> {
  const statuses = await kubernetes.objects.list('metallb.io/v1beta1', 'ServiceL2Status', metallbNamespace);
  const own = statuses.items.filter(
    ({ metadata }) =>
      metadata?.labels?.['metallb.io/service-name'] === name && metadata.labels['metallb.io/service-namespace'] === namespace,
  );
  return own.flatMap((each) => (each as { status?: { node?: string } }).status?.node ?? []);
}

/** A Service of type LoadBalancer as it is, for what must hold of every one. */
export interface ListedService {
  readonly place: ServicePlace;
  readonly addresses: readonly string[];
  /** Whether somebody is behind it: only then is its address announced. */
  readonly served: boolean;
}

/** Services with their endpoints, by the order of their names. */
export async function listedServices({ discovery }: Kubernetes, services: readonly V1Service[]): Promise<ListedService[]> {
  const { items } = await discovery.listEndpointSliceForAllNamespaces();
  const served = new Set(
    items
      .filter(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready !== false))
      .map(({ metadata }) => `${metadata?.namespace}/${metadata?.labels?.['kubernetes.io/service-name']}`),
  );
  return services
    .map((service) => ({
      place: { namespace: service.metadata?.namespace ?? '', name: service.metadata?.name ?? '' },
      addresses: addressesGiven(service),
    }))
    .map((each) => ({ ...each, served: served.has(placeName(each.place)) }))
    .toSorted((one, other) => placeName(one.place).localeCompare(placeName(other.place)));
}

export function placeName({ namespace, name }: ServicePlace): string {
  return `${namespace}/${name}`;
}

/** Services that a check has made, and that may come, wait and go at any moment while others look. */
export function isScratch({ metadata }: V1Service): boolean {
  return (metadata?.name?.startsWith('conform-') ?? false) || /^(canine-)?conform-/.test(metadata?.namespace ?? '');
}
