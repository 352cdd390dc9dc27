import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { type Claim, type Destination, atHost, unpublished, unreached } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { fromHosts, toKind } from '../../fixtures/matrix-parts.ts';
import { check } from '../check.ts';
import { controlPlanes, pings, portOf, workers } from '../documented-nodes.ts';
import { firstPorts, lanThrough, triedThroughNodes } from '../next-hop.ts';
import { requirements } from '../requirements.ts';
import { atHosts, outsiders, workstation } from '../vantages.ts';

const apiPort = 6443;
const kubeletPort = 10_250;
/** KubePrism, Talos's balancer in front of the API, for the node itself alone (talos.dev: KubePrism). */
const kubePrismPort = 7445;

/** A way to the API server that a Service makes, whoever made it. */
interface ServiceOfApi {
  readonly service: string;
  readonly nodePorts: readonly number[];
  /** External addresses, its own or a load balancer's, each with its ports. */
  readonly published: readonly { readonly host: string; readonly port: number }[];
}

check(requirements['ADM-KUBE-API-OTHER-DOORS'], async (context, { matrix, neutral }) => {
  const { cluster, connect, control, hint, observe } = context;
  hint(
    async () =>
      `kubectl get services -A; kubectl get hostendpoints,globalnetworkpolicies -o yaml: what admits the LAN to ${cluster.documented.apiServiceAddress} on every node? (E06, E100)`,
  );
  const services = await servicesOfApi(cluster);
  control(
    equal('the Service of the API server, found among those before it', {
      expected: 'default/kubernetes',
      saw: services.find(({ service }) => service === 'default/kubernetes')?.service ?? 'not found',
    }),
  );
  observe(
    noneOf('Services before the API servers that publish them', {
      saw: services.flatMap(({ service, nodePorts, published }) => [
        ...nodePorts.map((port) => `${service} at node port ${port}`),
        ...published.map(({ host, port }) => `${service} at ${host}:${port}`),
      ]),
    }),
  );
  await connect([...kubeletsAndService(matrix), nothingElseAnswers(cluster, services)]);
  await connect(await triedThroughNodes(context, nextHops(context, neutral), firstPorts.otherDoors));
});

/** Services whose endpoints are API servers. */
async function servicesOfApi({ kubernetes, documented }: Cluster): Promise<ServiceOfApi[]> {
  const servers = documented.nodes.map(({ address }) => address);
  const { items: slices } = await kubernetes.discovery.listEndpointSliceForAllNamespaces();
  const owners = slices.filter(
    ({ endpoints, ports }) =>
      ports?.some(({ port }) => port === apiPort) &&
      (endpoints ?? []).some(({ addresses }) => addresses.some((address) => servers.includes(address))),
  );
  const names = owners.map(({ metadata }) => `${metadata?.namespace}/${metadata?.labels?.['kubernetes.io/service-name']}`);
  const { items } = await kubernetes.core.listServiceForAllNamespaces();
  return items
    .map(({ metadata, spec, status }) => {
      const addresses = [...(spec?.externalIPs ?? []), ...(status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])];
      const ports = spec?.ports ?? [];
      return {
        service: `${metadata?.namespace}/${metadata?.name}`,
        nodePorts: ports.flatMap(({ nodePort }) => nodePort ?? []),
        published: addresses.flatMap((host) => ports.map(({ port }) => ({ host, port }))),
      };
    })
    .filter(({ service }) => names.includes(service));
}

/** The kubelet serves commands in pods and their logs: a door to whatever runs, and open without a firewall (E06). */
function kubeletsAndService(matrix: ConnectionMatrix): Claim[] {
  const admin = matrix.sources(fromHosts('admin'), 1);
  const serverOn = (name: string): readonly Destination[] =>
    matrix.targets(
      toKind('host', ({ host }) => host === name),
      1,
    );
  const kubelets = {
    to: matrix.targets(
      toKind('node', ({ port }) => port === kubeletPort),
      { atLeast: 1 },
    ),
    targetAnswers: admin,
  };
  const outsider = matrix.sources(fromHosts('outsider'), 1);
  return [
    matrix.denial({ ...kubelets, from: outsider, sameSourceReaches: serverOn('lan') }),
    matrix.denial({ ...kubelets, from: matrix.sources(fromHosts('lan'), 1), sameSourceReaches: serverOn('admin') }),
    matrix.unreached({
      from: outsider,
      to: matrix.targets(
        toKind('api', ({ at }) => at === 'service'),
        1,
      ),
      sameSourceReaches: serverOn('lan'),
      targetAnswers: matrix.sources((source) => source.kind === 'host' && source.where === 'node', { atLeast: 1 }),
    }),
  ];
}

/** Ports of nodes that lead to the API only if somebody opened them, and those of Services that do. */
function nothingElseAnswers(cluster: Cluster, services: readonly ServiceOfApi[]): Claim {
  const { nodes } = cluster.documented;
  const control = { from: workstation, to: portOf(controlPlanes(cluster), apiPort, 'the API') };
  return unpublished({
    from: atHosts(outsiders),
    to: [
      ...portOf(workers(cluster), apiPort, 'the API'),
      ...portOf(nodes, kubePrismPort, 'KubePrism'),
      ...services.flatMap(({ service, nodePorts, published }) => [
        ...nodePorts.flatMap((port) => portOf(nodes, port, `${service}, node port ${port},`)),
        ...published.map(({ host, port }): Destination => ({ name: `${service} at ${host}`, target: { kind: 'tcp', host, port } })),
      ]),
    ],
    hostsAnswer: [
      ...outsiders.flatMap((host) => pings(nodes).map((to) => ({ from: atHost(host), to }))),
      ...control.to.map((to) => ({ from: control.from, to })),
    ],
  });
}

/** A host of the LAN takes each node as next hop for the API's own Service; for a Service without policies the same way leads on. */
function nextHops({ cluster }: Pick<CheckContext, 'cluster'>, { service }: EchoGroup): Claim[] {
  const { nodes, apiServiceAddress } = cluster.documented;
  const api: Destination = { name: "the API's Service", target: { kind: 'tcp', host: apiServiceAddress, port: 443 } };
  const open: Destination = { name: 'an unprotected Service', target: { kind: 'tcp', host: service.clusterIp, port: 80 } };
  return nodes.map(({ name }) => unreached({ from: lanThrough(name), to: api, sameSourceReaches: open, targetAnswers: atHost(name) }));
}
