import { promised } from '../../guide/limits.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { worked } from '../../harness/probe/worked.ts';
import { outcomeText } from '../../harness/probe/probe.ts';
import { controlPlanes } from '../admin-access/documented-nodes.ts';
import { lanAddresses } from '../network/lan-addresses.ts';
import { check } from '../fixtures/check.ts';
import { ofMachines } from './machines.ts';
import { requirements } from './requirements.ts';

/** Guide, Step 5 to Step 7: the card that the configuration names. */
const card = 'ens192';

interface AddressSpec {
  readonly address: string;
  readonly linkName: string;
  readonly layer?: string;
}
interface RouteSpec {
  readonly dst: string;
  readonly gateway: string;
  readonly layer?: string;
}
interface LinkStatus {
  readonly altNames?: readonly string[];
  readonly operationalState: string;
}

check(requirements['NODE-NETWORK-NO-DHCP'], async ({ cluster, observe, control }) => {
  const { nodes, lan, vip } = cluster.documented;
  const [, prefix = ''] = lan.cidr.split('/');
  const told = await ofMachines(cluster, nodes, async (machine) => {
    const [addresses, routes, operators] = await Promise.all([
      machine.list<AddressSpec>('addressspecs'),
      machine.list<RouteSpec>('routespecs'),
      machine.list<{ operator: string }>('operatorspecs'),
    ]);
    return { addresses, routes, operators: operators.map(({ spec }) => spec.operator) };
  });
  for (const { node, vantage, value } of told) {
    const configured = value.addresses.filter(({ spec }) => spec.layer === 'configuration').map(({ spec }) => spec.address);
    observe(equal(`addresses that ${node.name} is configured with`, { expected: [`${node.address}/${prefix}`], saw: configured, vantage }));
    observe(
      equal(`default routes that ${node.name} is configured with`, {
        expected: [lan.gateway],
        saw: value.routes.filter(({ spec }) => spec.dst === '' && spec.layer === 'configuration').map(({ spec }) => spec.gateway),
        vantage,
      }),
    );
    observe(noneOf(`DHCP clients of ${node.name}`, { saw: value.operators.filter((operator) => operator.startsWith('dhcp')), vantage }));
  }
  // The same list holds the operator that control planes do have.
  for (const { node, vantage, value } of told.filter((each) => each.node.role === 'control-plane'))
    control(
      equal(`operators of ${node.name} for ${vip.address}`, {
        expected: ['vip'],
        saw: value.operators.filter((each) => each === 'vip'),
        vantage,
      }),
    );
});

check(requirements['NODE-NIC-NAME'], async ({ cluster, observe, control }) => {
  const told = await ofMachines(cluster, cluster.documented.nodes, async (machine) => {
    const [links, addresses] = await Promise.all([machine.list<LinkStatus>('links'), machine.list<AddressSpec>('addresses')]);
    return {
      links: links.map(({ id, spec }) => ({ names: [id, ...(spec.altNames ?? [])], state: spec.operationalState })),
      addresses: addresses.map(({ spec }) => spec),
    };
  });
  for (const { node, vantage, value } of told) {
    const carrier = value.addresses.find(({ address }) => address.startsWith(`${node.address}/`))?.linkName ?? 'no link';
    const link = value.links.find(({ names }) => names.includes(carrier));
    observe({
      subject: `link of ${node.name} that carries ${node.address}`,
      vantage,
      expected: `${card}, up`,
      saw: link === undefined ? carrier : `${link.names.join(' = ')}, ${link.state}`,
      held: link !== undefined && link.names.includes(card) && link.state === 'up',
    });
    const loopback = value.links.find(({ names }) => names.includes('lo'));
    control({
      subject: `names of the loopback link of ${node.name}`,
      vantage,
      expected: `not ${card}`,
      saw: loopback?.names.join(', ') ?? 'no such link',
      held: loopback !== undefined && !loopback.names.includes(card),
    });
  }
});

check(requirements['NODE-KUBELET-NODE-IP'], async ({ cluster, observe, control }) => {
  const { nodes, lan, vip } = cluster.documented;
  const { items } = await cluster.kubernetes.core.listNode();
  const told = await ofMachines(cluster, nodes, async (machine) => {
    const [configs, addresses] = await Promise.all([
      machine.list<{ validSubnets?: string[]; excludeSubnets?: string[] }>('nodeipconfigs'),
      machine.list<AddressSpec>('addresses'),
    ]);
    return { configs: configs.map(({ spec }) => spec), addresses: addresses.map(({ spec }) => spec.address) };
  });
  for (const { node, vantage, value } of told) {
    const [config] = value.configs;
    observe(
      equal(`networks from which the kubelet of ${node.name} may choose`, {
        expected: [lan.cidr],
        saw: config?.validSubnets ?? [],
        vantage,
      }),
    );
    // A worker can never have the virtual IP, so that nothing has to keep its kubelet from it.
    if (node.role === 'control-plane')
      observe({
        subject: `networks from which the kubelet of ${node.name} must not choose`,
        vantage,
        expected: `with ${vip.address}`,
        saw: config?.excludeSubnets?.join(', ') ?? 'none',
        held: (config?.excludeSubnets ?? []).some((each) => each.split('/')[0] === vip.address),
      });
    const chosen = (items.find(({ metadata }) => metadata?.name === node.name)?.status?.addresses ?? []).filter(
      ({ type }) => type === 'InternalIP',
    );
    observe(
      equal(`address that the kubelet of ${node.name} chose`, {
        expected: [node.address],
        saw: chosen.map(({ address }) => address),
        vantage: atApi,
      }),
    );
  }
  vipIsBeside(
    { cluster, control },
    told.map(({ node, value }) => ({ name: node.name, addresses: value.addresses })),
  );
});

/** The holder has two addresses of the network to choose from, and everybody else one. */
function vipIsBeside(
  { cluster, control }: Pick<CheckContext, 'cluster' | 'control'>,
  told: readonly { readonly name: string; readonly addresses: readonly string[] }[],
): void {
  const { vip, lan } = cluster.documented;
  const holders = told.filter(({ addresses }) => addresses.includes(`${vip.address}/32`)).map(({ name }) => name);
  control({
    subject: `control planes that have ${vip.address} beside their own address`,
    vantage: 'Talos API of every control plane',
    expected: `one of ${controlPlanes(cluster)
      .map(({ name }) => name)
      .join(', ')}`,
    saw: holders.join(', ') || 'none',
    held: holders.length === 1,
  });
  const several = told.filter(({ addresses }) => onLan(addresses, lan.cidr).length > 1).map(({ name }) => name);
  control(
    equal('nodes that have more than one address on the LAN, by the same reading', {
      expected: holders,
      saw: several,
      vantage: 'Talos API of every node',
    }),
  );
}

/** Every address of the network, the virtual one included. */
function onLan(addresses: readonly string[], cidr: string): string[] {
  return lanAddresses(addresses, { cidr, vip: '' });
}

interface TimeStatus {
  readonly synced: boolean;
}

/** A name that no registry has (RFC 2606). */
const noName = 'conform-no-such-name.invalid';

check(requirements['NODE-RESOLVER-TIME'], async ({ cluster, observe, control, signal }) => {
  const { nodes, registryMirrors } = cluster.documented;
  const name = new URL(Object.values(registryMirrors)[0] ?? '').hostname;
  const told = await ofMachines(cluster, nodes, async (machine) => {
    const [resolvers, times] = await Promise.all([
      machine.list<{ dnsServers: string[] }>('resolvers'),
      machine.list<TimeStatus>('timestatuses'),
    ]);
    return { servers: resolvers.flatMap(({ spec }) => spec.dnsServers), synced: times.map(({ spec }) => spec.synced) };
  });
  const clocks = await Promise.all(nodes.map(async ({ name: node }) => clockOf(cluster, node, signal)));
  for (const { node, vantage, value } of told) {
    observe({
      subject: `clock of ${node.name}`,
      vantage,
      expected: 'synchronised',
      saw: value.synced.join(', ') || 'no status',
      held: value.synced.includes(true),
    });
    const [server = ''] = value.servers;
    const [found, missing] = await cluster.probe(
      { host: node.name },
      [name, noName].map((each) => ({ kind: 'dns' as const, server, name: each, over: 'udp' as const })),
      signal,
    );
    const [answer, none] = [worked(found), worked(missing)];
    observe({
      subject: `${name} by the name server of ${node.name}`,
      vantage: node.name,
      expected: 'an address',
      saw: outcomeText(answer),
      held: answer.kind === 'resolved' && answer.addresses.length > 0,
    });
    control({
      subject: `a name that does not exist, by the same server`,
      vantage: node.name,
      expected: 'NXDOMAIN',
      saw: outcomeText(none),
      held: none.kind === 'resolved' && none.code === 'NXDOMAIN',
    });
  }
  const spread = Math.max(...clocks) - Math.min(...clocks);
  observe({
    subject: 'clocks of the nodes, against the one of this machine',
    vantage: 'every node',
    expected: `at most ${promised.nodes.clocksApartMs / 1000} s apart`,
    saw: `${(spread / 1000).toFixed(2)} s apart`,
    held: spread <= promised.nodes.clocksApartMs,
  });
});

/** How far a node's clock is ahead of this machine's, in milliseconds; the way there and back is in it. */
async function clockOf(cluster: Pick<Cluster, 'runAt'>, node: string, signal: AbortSignal): Promise<number> {
  const before = Date.now();
  const told = Number(await cluster.runAt(node, ['date', '+%s%3N'], signal));
  return told - (before + Date.now()) / 2;
}
