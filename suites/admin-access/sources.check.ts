import type { Place } from '../../harness/cluster/cluster.ts';
import { check } from '../../harness/check.ts';
import { allowed, anchor, denied, every, platformNames, targetsLike } from '../../harness/fixtures/cells.ts';
import { connectionMatrix } from '../../harness/fixtures/connection-matrix.ts';
import { type EchoPod, startEchoPod, workerNames } from '../../harness/fixtures/echo-group.ts';
import { neutral, ordinary, tenants } from '../../harness/fixtures/groups.ts';
import { equal } from '../../harness/measured.ts';
import { type Connection, connections } from '../../harness/vantage/connections.ts';
import { readCells } from '../../harness/vantage/matrix.ts';
import type { Target } from '../../harness/vantage/probe.ts';
import { requirements } from './requirements.ts';
import { admins, neighbours, outsiders } from './vantages.ts';

const whichRule = async (): Promise<string> => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: by which order and rule is this source admitted, or denied?';

/** Echo pods in each of the platform's namespaces, under the policies of the platform's own. */
const platformPods = new RegExp(String.raw`^(${platformNames.join('|')}) pod on \w+$`);

check(requirements['ADM-GNP-ADMIN-ALLOW'], async (context) => {
  context.hint(whichRule);
  const matrix = await connectionMatrix();
  const pods = targetsLike(matrix, platformPods);
  readCells(context, matrix, [...every(matrix, admins, pods, allowed), ...every(matrix, ['outsider'], pods, { role: 'control', expect: 'denied' })]);
});

check(requirements['ADM-GNP-CIDR-EDGES'], async (context) => {
  context.hint(whichRule);
  const matrix = await connectionMatrix();
  const pods = targetsLike(matrix, platformPods);
  readCells(context, matrix, [...every(matrix, neighbours, pods, denied), ...every(matrix, neighbours, targetsLike(matrix, /^neutral pod on \w+$/), anchor), ...every(matrix, admins, pods, anchor)]);
});

/** A port of echo pods where nobody listens: a host that gets so far hears that it is closed. */
const closedPort = 8079;

check(requirements['ADM-GNP-DEFAULT-DENY'], async (context) => {
  const { cluster, control, hint, observe, signal } = context;
  hint(whichRule);
  const [{ alice }, { pods: plain }, { pods: open }] = await Promise.all([tenants(), ordinary(), neutral()]);
  const [first = '', ...others] = workerNames(cluster);
  const echoes = await Promise.all(cluster.documented.platformNamespaces.map((namespace) => startEchoPod(context, { namespace, node: first })));
  const unlisted: readonly Place[] = [...outsiders, ...others].map((host) => ({ host }));
  const strangers = [...unlisted, plain[0].place, alice.pods[0].place];
  const to = (echo: EchoPod): { name: string; to: Target }[] => waysTo(echo).map((target) => ({ name: `a pod in ${echo.namespace}`, to: target }));
  await connections(context, [
    ...strangers.flatMap((from) => echoes.flatMap((echo) => [...to(echo), { name: `a pod in ${echo.namespace}`, to: { kind: 'tcp' as const, host: echo.address, port: closedPort } }].map((each): Connection => ({ ...denied, from, ...each })))),
    ...echoes.flatMap((echo) => to(echo).map((each): Connection => ({ ...anchor, from: { host: 'admin' }, ...each }))),
    ...[...unlisted, plain[0].place].flatMap((from) => to(open[0]).map((each): Connection => ({ ...anchor, from, ...each }))),
    ...to(alice.pods[1]).map((each): Connection => ({ ...anchor, from: alice.pods[0].place, ...each })),
  ]);
  const closed = await cluster.probe({ host: 'admin' }, echoes.map(({ address }) => ({ kind: 'tcp', host: address, port: closedPort })), signal);
  control(equal(`port ${closedPort} of the same pods, where nobody listens`, { expected: 'refused', saw: [...new Set(closed.map(({ kind }) => kind))].join(', '), vantage: 'admin' }));
  const heard = await Promise.all(echoes.map(async ({ namespace, pod }) => ({ namespace, requests: requestsIn(await cluster.kubernetes.core.readNamespacedPodLog({ namespace, name: pod })) })));
  for (const { namespace, requests } of heard) observe(equal(`requests that the pod in ${namespace} has heard, from everybody`, { expected: "one over TCP and one over UDP, the admin's", saw: requests, vantage: "the server's log" }));
});

function waysTo({ address, url, udp }: EchoPod): Target[] {
  return [{ kind: 'http', url: `${url}/hostname` }, udp, { kind: 'icmp', host: address }];
}

/** What agnhost netexec logs of each request for its name (agnhost 2.47); the kubelet's probe asks for `/`. */
function requestsIn(log: string): string {
  const count = (line: string): number => log.split('\n').filter((each) => each.includes(line)).length;
  const [tcp, udp] = [count('GET /hostname'), count('Sending udp hostName response')];
  return tcp === 1 && udp === 1 ? "one over TCP and one over UDP, the admin's" : `${tcp} over TCP, ${udp} over UDP`;
}
