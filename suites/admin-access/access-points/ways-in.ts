import type { V1EndpointSlice, V1Ingress, V1Pod, V1Service } from '@kubernetes/client-node';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { isScratch } from '../../../harness/platform/metallb/load-balancer.ts';

/** A way from outside to pods: a published port of a Service, an Ingress, or a port of a node. */
export interface WayIn {
  /** For example `Service opencost/opencost-ui-lb port 80`. */
  readonly name: string;
  /** Where it can be tried; none for an Ingress, which goes by names. */
  readonly at: readonly { readonly host: string; readonly port: number }[];
}

/** The objects by which pods can be published. */
export interface Publishing {
  readonly services: readonly V1Service[];
  readonly slices: readonly V1EndpointSlice[];
  readonly ingresses: readonly V1Ingress[];
  readonly nodeAddresses: readonly string[];
}

/** All of them, without those that a check has made. */
export async function readPublishing({ kubernetes, documented }: Cluster): Promise<Publishing> {
  const [services, slices, ingresses] = await Promise.all([
    kubernetes.core.listServiceForAllNamespaces(),
    kubernetes.discovery.listEndpointSliceForAllNamespaces(),
    kubernetes.networking.listIngressForAllNamespaces(),
  ]);
  return {
    services: services.items.filter((service) => !isScratch(service)),
    slices: slices.items,
    ingresses: ingresses.items,
    nodeAddresses: documented.nodes.map(({ address }) => address),
  };
}

/** A port of a Service that leads to some pods. */
interface Leading {
  readonly service: V1Service;
  readonly port: NonNullable<NonNullable<V1Service['spec']>['ports']>[number];
}

/** Every way from outside to these pods, or to one port of theirs. */
export function waysInTo(pods: readonly V1Pod[], publishing: Publishing, port?: number): WayIn[] {
  const leading = publishing.services.flatMap((service) =>
    portsThatLead(service, pods, { publishing, port }).map((each) => ({ service, port: each })),
  );
  return [
    ...leading.flatMap((each) => published(each, publishing)),
    ...publishing.ingresses.flatMap((ingress) => ingressWays(ingress, leading)),
    ...pods.flatMap((pod) => hostPorts(pod, port)),
  ];
}

function portsThatLead(
  service: V1Service,
  pods: readonly V1Pod[],
  { publishing: { slices }, port }: { publishing: Publishing; port: number | undefined },
): Leading['port'][] {
  const addresses = pods.flatMap(({ status }) => status?.podIP ?? []);
  const own = slices.filter(
    ({ metadata, endpoints }) =>
      metadata?.namespace === service.metadata?.namespace &&
      metadata?.labels?.['kubernetes.io/service-name'] === service.metadata?.name &&
      (endpoints ?? []).some((endpoint) => endpoint.addresses.some((address) => addresses.includes(address))),
  );
  const names = own.flatMap(({ ports }) => ports ?? []).filter((each) => port === undefined || each.port === port);
  return (service.spec?.ports ?? []).filter((each) => names.some(({ name }) => (name ?? '') === (each.name ?? '')));
}

/** Its addresses outside, its own or a load balancer's, and its node port at every node. */
function published({ service: { metadata, spec, status }, port: { port, nodePort } }: Leading, { nodeAddresses }: Publishing): WayIn[] {
  const addresses = [...(spec?.externalIPs ?? []), ...(status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])];
  const at = [
    ...addresses.map((host) => ({ host, port })),
    ...(nodePort === undefined ? [] : nodeAddresses.map((host) => ({ host, port: nodePort }))),
  ];
  const isPublished = at.length > 0 || (spec?.type ?? 'ClusterIP') !== 'ClusterIP';
  return isPublished ? [{ name: `Service ${metadata?.namespace}/${metadata?.name} port ${port}`, at }] : [];
}

function ingressWays({ metadata, spec }: V1Ingress, leading: readonly Leading[]): WayIn[] {
  const backends = [
    ...(spec?.defaultBackend === undefined ? [] : [spec.defaultBackend]),
    ...(spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []).map(({ backend }) => backend),
  ];
  const leads = backends.some(({ service: to }) =>
    leading.some(
      ({ service, port }) =>
        service.metadata?.namespace === metadata?.namespace &&
        service.metadata?.name === to?.name &&
        (to?.port?.number === port.port || (to?.port?.name !== undefined && to.port.name === port.name)),
    ),
  );
  return leads ? [{ name: `Ingress ${metadata?.namespace}/${metadata?.name}`, at: [] }] : [];
}

/** Ports of the node that lead to a pod; a pod in the node's own network has all of its ports there. */
function hostPorts({ metadata, spec, status }: V1Pod, port?: number): WayIn[] {
  return (spec?.containers ?? [])
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ containerPort }) => port === undefined || containerPort === port)
    .flatMap(({ containerPort, hostPort }) => {
      const at = spec?.hostNetwork === true ? containerPort : hostPort;
      if (at === undefined) return [];
      return [
        { name: `port ${at} of ${spec?.nodeName}, for a pod of ${metadata?.namespace}`, at: [{ host: status?.hostIP ?? '', port: at }] },
      ];
    });
}
