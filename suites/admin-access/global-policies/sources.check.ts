import { check } from '../../fixtures/check.ts';
import type { Place } from '../../../harness/platform/cluster.ts';
import { allowed, anchor, denied } from '../../fixtures/cells.ts';
import { type EchoPod, startEchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { neutral, ordinary, tenants } from '../../fixtures/groups.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import type { Target } from '../../../harness/probe/probe.ts';
import { type Door, echoDoors, openDoors, withDoors } from '../doors.ts';
import { requirements } from '../requirements.ts';
import { admins, neighbours, outsiders } from '../vantages.ts';

const whichRule = async (): Promise<string> =>
  'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: by which order and rule is this source admitted, or denied?';

function throughDoors(hosts: readonly string[], doors: readonly Door[], is: Pick<Connection, 'role' | 'expect'>): Connection[] {
  return hosts.flatMap((host) => doors.map(({ name, to }): Connection => ({ ...is, from: { host }, to, name })));
}

check(
  requirements['ADM-GNP-ADMIN-ALLOW'],
  async (context) => {
    context.hint(whichRule);
    const { platform } = await echoDoors();
    await connections(context, [
      ...throughDoors(admins, platform, allowed),
      ...throughDoors(['outsider'], platform, { role: 'control', expect: 'denied' }),
    ]);
  },
  withDoors,
);

check(
  requirements['ADM-GNP-CIDR-EDGES'],
  async (context) => {
    context.hint(whichRule);
    const { platform, unprotected } = await echoDoors();
    await connections(context, [
      ...throughDoors(neighbours, platform, denied),
      ...throughDoors(neighbours, unprotected, anchor),
      ...throughDoors(admins, platform, anchor),
    ]);
  },
  withDoors,
);

/** A port of echo pods where nobody listens: whoever gets so far hears that it is closed. */
const closedPort = 8079;
const ports = [{ port: 8080 }, { port: 8081, protocol: 'UDP' as const }, { port: closedPort }];

type Way = Pick<Connection, 'name' | 'to'>;

check(
  requirements['ADM-GNP-DEFAULT-DENY'],
  async (context) => {
    const { cluster, control, hint, observe } = context;
    hint(whichRule);
    const [{ alice }, { pods: plain }, open] = await Promise.all([tenants(), ordinary(), neutral()]);
    const [first = '', ...others] = workerNames(cluster);
    const echoes = await Promise.all(
      cluster.documented.platformNamespaces.map((namespace) => startEchoPod(context, { namespace, node: first })),
    );
    const [unprotected, ...doors] = await Promise.all([
      openDoors(context, { namespace: open.namespace, selector: { 'conform-pod': open.pods[0].pod }, ports }),
      ...echoes.map(({ namespace, pod }) => openDoors(context, { namespace, selector: { 'conform-pod': pod }, ports })),
    ]);
    const outside = outsiders.map((host): Place => ({ host }));
    // All that is asked runs on the first worker: a pod there, and one that comes from another node.
    const inside = [...others.map((host): Place => ({ host })), plain[0].place, plain[1].place];
    const each = (from: readonly Place[], ways: readonly Way[], is: Pick<Connection, 'role' | 'expect' | 'once'>): Connection[] =>
      from.flatMap((place) => ways.map((way) => ({ ...is, from: place, ...way })));
    const outcomes = await connections(context, [
      ...each([{ host: 'admin' }], doors.flatMap(closedPorts), { role: 'control', expect: 'not-reached' }),
      // The servers' logs are counted below.
      ...each([{ host: 'admin' }], doors.flatMap(openPorts), { ...anchor, once: true }),
      ...each(outside, [...doors.flatMap(openPorts), ...doors.flatMap(closedPorts)], denied),
      ...each(outside, openPorts(unprotected), anchor),
      ...each(
        [...inside, alice.pods[0].place, alice.pods[1].place],
        echoes.flatMap((echo) => [
          ...directly(echo),
          { name: `a pod in ${echo.namespace}`, to: { kind: 'tcp' as const, host: echo.address, port: closedPort } },
        ]),
        denied,
      ),
      ...each(inside, directly(open.pods[0]), anchor),
      ...each([alice.pods[0].place], directly(alice.pods[1]), anchor),
      ...each([alice.pods[1].place], directly(alice.pods[0]), anchor),
    ]);
    control(
      equal(`port ${closedPort} of the pods, where nobody listens`, {
        expected: ['refused'],
        saw: [...new Set(outcomes.slice(0, doors.length).map(({ kind }) => kind))],
        vantage: 'admin',
      }),
    );
    const heard = await Promise.all(
      echoes.map(async ({ namespace, pod }) => ({
        namespace,
        requests: requestsIn(await cluster.kubernetes.core.readNamespacedPodLog({ namespace, name: pod })),
      })),
    );
    for (const { namespace, requests } of heard)
      observe(
        equal(`requests that the pod in ${namespace} has heard, from everybody`, {
          expected: theAdmins,
          saw: requests,
          vantage: "the server's log",
        }),
      );
  },
  withDoors,
);

function openPorts(doors: readonly Door[]): Way[] {
  return doors
    .filter(({ port }) => port !== closedPort)
    .map(({ name, to }) => ({ name, to: to.kind === 'udp' ? to : { kind: 'http', url: `http://${to.host}:${to.port}/hostname` } }));
}

function closedPorts(doors: readonly Door[]): Way[] {
  return doors.filter(({ port }) => port === closedPort).map(({ name, to }) => ({ name, to }));
}

function directly({ namespace, url, udp, address }: EchoPod): Way[] {
  const ways: readonly Target[] = [{ kind: 'http', url: `${url}/hostname` }, udp, { kind: 'icmp', host: address }];
  return ways.map((to) => ({ name: `a pod in ${namespace}`, to }));
}

const theAdmins = "one over TCP and one over UDP, the admin's";

/** What agnhost netexec logs of each request for its name (agnhost 2.47); the kubelet's probe asks for `/`. */
function requestsIn(log: string): string {
  const count = (line: string): number => log.split('\n').filter((text) => text.includes(line)).length;
  const [tcp, udp] = [count('GET /hostname'), count('Sending udp hostName response')];
  return tcp === 1 && udp === 1 ? theAdmins : `${tcp} over TCP, ${udp} over UDP`;
}
