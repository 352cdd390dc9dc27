import { type Destination, type Source, atHost, denial, reach } from '../../../harness/probe/claims.ts';
import { type Listener, startListener } from '../../../harness/probe/listener.ts';
import { onEveryWorker, startEchoGroup } from '../../fixtures/echo-group.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { check } from '../check.ts';
import { nth, pings, workers } from '../documented-nodes.ts';
import { internet } from '../internet.ts';
import { requirements } from '../requirements.ts';
import { atHosts, neighbours, outsiders, workstation } from '../vantages.ts';
import { apiPort, rangeOn, whichRule } from './range.ts';

check(requirements['ADM-TALOS-DENY'], async ({ cluster, connect, hint }) => {
  hint(whichRule);
  const { nodes } = cluster.documented;
  await connect([
    denial({
      from: atHosts([...outsiders, ...neighbours]),
      to: rangeOn(nodes),
      sameSourceReaches: pings(nodes),
      targetAnswers: workstation,
    }),
  ]);
});

/** Guide: Network Requirements; the last port of the range and one in its middle, where the check itself listens. */
const [middlePort, lastPort] = [50_500, 51_000];
const edges = [apiPort, apiPort + 1, middlePort, lastPort - 1, lastPort];
const listensAtMostSeconds = 40;

check(requirements['ADM-TALOS-RANGE-EDGES'], async ({ cluster, connect, hint, signal }) => {
  hint(whichRule);
  const { nodes } = cluster.documented;
  const node = nth(workers(cluster), 2);
  const listenAt = async (host: string, port: number): Promise<Listener> =>
    startListener(cluster, host, { port, maxSeconds: listensAtMostSeconds }, signal);
  const [elsewhere, ...listeners] = await Promise.all([
    listenAt('lan', middlePort),
    listenAt(node.name, middlePort),
    listenAt(node.name, lastPort),
  ]);
  try {
    const served = [apiPort, middlePort, lastPort].map((port): Destination => ({
      name: `a server on port ${port} of ${node.name}`,
      target: { kind: 'tcp', host: node.address, port },
    }));
    const anchors: Destination[] = [
      { name: `port ${middlePort} of a host without a firewall`, target: { kind: 'tcp', host: elsewhere.address, port: elsewhere.port } },
      ...pings(nodes),
    ];
    await connect([
      reach({ from: workstation, to: [...served, ...rangeOn(nodes, edges)] }),
      denial({ from: atHosts(outsiders), to: served, sameSourceReaches: anchors, targetAnswers: atHost(node.name) }),
      // Whatever becomes of an administrator's packets, the node itself gets to its port.
      ...nodes.map((each) =>
        denial({
          from: atHosts(outsiders),
          to: rangeOn([each], edges),
          sameSourceReaches: anchors,
          targetAnswers: atHost(each.name),
        }),
      ),
    ]);
  } finally {
    await Promise.all([elsewhere, ...listeners].map((listener) => listener.stop()));
  }
});

check(requirements['ADM-TALOS-TENANT-DENY'], async (context) => {
  const { cluster, changes, connect, control, hint } = context;
  hint(
    async () =>
      'kubectl get globalnetworkpolicy deny-tenant-to-platform-egress -o yaml: does it deny the nodes (E95)? Their firewall takes a pod of another node for that node',
  );
  const { namespace } = await scratchTenant(context);
  await changes.createFrom(`${import.meta.dirname}/open-egress.yaml`, { NAMESPACE: namespace });
  const { pods } = await startEchoGroup(context, { namespace });
  control(onEveryWorker(cluster, pods));
  await connect([
    denial({
      from: pods.map(({ node, place }): Source => ({ name: `a tenant with open egress on ${node}`, place })),
      to: rangeOn(cluster.documented.nodes),
      sameSourceReaches: internet(cluster),
      targetAnswers: workstation,
    }),
  ]);
});
