import { equal } from '../../harness/engine/measured.ts';
import { withTalos } from '../../harness/platform/talos/with-talos.ts';
import { atHost, reach } from '../../harness/probe/claims.ts';
import { check } from '../fixtures/check.ts';
import { lanAddresses } from './lan-addresses.ts';
import { byControlPlanes } from '../fixtures/control-planes.ts';
import { requirements } from './requirements.ts';

interface RouteSpec {
  readonly dst: string;
  readonly gateway: string;
}

check(requirements['NET-GATEWAY'], async ({ cluster, connect, observe, control, signal }) => {
  const { nodes, lan, vip } = cluster.documented;
  const read = await withTalos(
    cluster,
    (talos) =>
      Promise.all(
        nodes.map(async (node) => {
          const [routes, addresses] = await Promise.all([
            talos.node(node.address).list<RouteSpec>('routes'),
            talos.node(node.address).list<{ address: string }>('addresses'),
          ]);
          return {
            node,
            gateways: routes.filter(({ spec }) => spec.dst === '').map(({ spec }) => spec.gateway),
            onLan: lanAddresses(
              addresses.map(({ spec }) => spec.address),
              { cidr: lan.cidr, vip: vip.address },
            ),
          };
        }),
      ),
    byControlPlanes(cluster),
  );
  const [, prefix = ''] = lan.cidr.split('/');
  for (const { node, gateways, onLan } of read) {
    const vantage = `Talos API of ${node.name}`;
    observe(equal(`default routes of ${node.name}`, { expected: [lan.gateway], saw: gateways, vantage }));
    observe(equal(`addresses of the LAN that ${node.name} has`, { expected: [`${node.address}/${prefix}`], saw: onLan, vantage }));
  }
  await connect(
    nodes.map(({ name }) =>
      reach({
        from: atHost(name),
        to: [
          { name: 'the gateway', target: { kind: 'icmp', host: lan.gateway } },
          { name: 'a host beyond the gateway', target: { kind: 'http', url: 'http://example.com/' } },
        ],
        unlike: { name: 'an address of the LAN that nobody has', target: { kind: 'icmp', host: lan.unused } },
      }),
    ),
  );
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error('the documented cluster has fewer than two nodes');
  const ways = await Promise.all(
    nodes.map(async ({ name }) => {
      const neighbour = name === first.name ? second : first;
      return { name, neighbour, route: await cluster.runAt(name, ['ip', 'route', 'get', neighbour.address], signal) };
    }),
  );
  for (const { name, neighbour, route } of ways)
    control({
      subject: `route from ${name} to its neighbour ${neighbour.name}`,
      vantage: name,
      expected: 'on the LAN, not by the gateway',
      saw: route.split('\n')[0]?.trim() ?? 'none',
      held: route.includes(neighbour.address) && !route.includes(` via ${lan.gateway}`),
    });
});
