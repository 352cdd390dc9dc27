import { check } from '../../fixtures/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { neutral } from '../../fixtures/groups.ts';
import { noneOf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import { outcomeText, reached } from '../../../harness/probe/probe.ts';
import { anchor, denied, every, targetsLike } from '../../fixtures/cells.ts';
import { controlPlanes, pings, workers } from '../documented-nodes.ts';
import { nextHopText, tryThroughNodes } from './next-hop.ts';
import { requirements } from '../requirements.ts';
import { outsiders } from '../vantages.ts';

const apiPort = 6443;
/** KubePrism, Talos's balancer in front of the API, for the node itself alone (talos.dev: KubePrism). */
const kubePrismPort = 7445;

/** A way to the API server that a Service makes, whoever made it. */
interface Door {
  readonly service: string;
  readonly nodePorts: readonly number[];
  /** External addresses, its own or a load balancer's. */
  readonly addresses: readonly string[];
}

/** Services whose endpoints are API servers. */
async function servicesOfApi({ kubernetes, documented }: Cluster): Promise<Door[]> {
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
    .map(({ metadata, spec, status }) => ({
      service: `${metadata?.namespace}/${metadata?.name}`,
      nodePorts: (spec?.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []),
      addresses: [...(spec?.externalIPs ?? []), ...(status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])],
    }))
    .filter(({ service }) => names.includes(service));
}

check(
  requirements['ADM-KUBE-API-OTHER-DOORS'],
  async (context) => {
    const { cluster, observe, control } = context;
    const { nodes, apiServiceAddress } = cluster.documented;
    context.hint(
      async () =>
        `kubectl get services -A; kubectl get hostendpoints,globalnetworkpolicies -o yaml: what admits the LAN to ${apiServiceAddress} on every node? (E06, E100)`,
    );
    const [matrix, { service }, services] = await Promise.all([connectionMatrix(), neutral(), servicesOfApi(cluster)]);

    // The kubelet serves commands in pods and their logs: a door to whatever runs, and open without a firewall (E06).
    await readCells(context, matrix, [
      ...every(matrix, outsiders, targetsLike(matrix, /^\w+:10250$/), denied),
      ...every(matrix, ['admin'], targetsLike(matrix, /^\w+:10250$/), anchor),
      ...every(matrix, ['outsider'], ['api service'], { role: 'observation', expect: 'not-reached' }),
      ...every(matrix, ['outsider'], ['lan server'], anchor),
      ...every(matrix, ['lan'], ['admin server'], anchor),
    ]);

    control({
      subject: 'Services before the API servers',
      vantage: 'Kubernetes API',
      expected: 'default/kubernetes',
      saw: services.map((each) => each.service).join(', ') || 'none',
      held: services.some((each) => each.service === 'default/kubernetes'),
    });
    observe(
      noneOf('Services before the API servers that publish them', {
        saw: services.flatMap(({ service: name, nodePorts, addresses }) => [
          ...nodePorts.map((port) => `${name} at node port ${port}`),
          ...addresses.map((address) => `${name} at ${address}`),
        ]),
      }),
    );

    const doors = [
      ...workers(cluster).map(({ name, address }) => ({ name: `API on ${name}`, host: address, port: apiPort })),
      ...nodes.map(({ name, address }) => ({ name: `KubePrism on ${name}`, host: address, port: kubePrismPort })),
      ...services.flatMap(({ service: name, nodePorts }) =>
        nodePorts.flatMap((port) => nodes.map((node) => ({ name: `${name} at ${node.name}`, host: node.address, port }))),
      ),
    ];
    await connections(context, [
      ...outsiders.flatMap((from) =>
        doors.map(({ name, host, port }): Connection => ({
          role: 'observation',
          from: { host: from },
          to: { kind: 'tcp', host, port },
          name,
          expect: 'not-reached',
        })),
      ),
      ...pings(nodes, outsiders),
      ...controlPlanes(cluster).map(({ name, address }): Connection => ({
        role: 'control',
        from: { host: 'admin' },
        to: { kind: 'tcp', host: address, port: apiPort },
        name: `API on ${name}`,
        expect: 'reached',
      })),
    ]);

    const open = { host: service.clusterIp, port: 80 };
    for (const tried of await tryThroughNodes(context, [{ host: apiServiceAddress, port: 443 }, open])) {
      if (tried.outcome.kind === 'failed') throw new Error(`${nextHopText(cluster, tried)} could not be tried: ${tried.outcome.text}`);
      const isOpen = tried.target.host === open.host;
      (isOpen ? control : observe)({
        subject: nextHopText(cluster, tried),
        vantage: 'lan',
        expected: isOpen ? 'connects: nothing protects this Service' : 'no connection',
        saw: outcomeText(tried.outcome),
        held: reached(tried.outcome) === isOpen,
        raw: tried.outcome,
      });
    }
  },
  { uses: ['connection-matrix'] },
);
