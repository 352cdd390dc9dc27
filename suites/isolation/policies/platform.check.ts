import { nonce } from '../../../harness/engine/stable-key.ts';
import { check } from '../../fixtures/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { connectionMatrix, permissiveMatrix } from '../../fixtures/connection-matrix.ts';
import { echoPod } from '../../fixtures/echo-group.ts';
import { neutral, permissive, platform, tenants } from '../../fixtures/groups.ts';
import { type Connection, type Recorder, connections } from '../../../harness/probe/connections.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Matrix, readCells } from '../../../harness/probe/matrix.ts';
import { reached } from '../../../harness/probe/probe.ts';
import { anchor, denied, every, platformNames, sourcesOf, targetsLike, tenantNames, withinTenant } from '../../fixtures/cells.ts';
import { requirements } from '../requirements.ts';

const accessPoints = ['longhorn ui', 'canine', 'opencost ui', 'opencost api', 'canine name', 'opencost name'];

/**
 * The platform's ports that answer: live pods and Services, every port, and the echo pods beside them. A port that answers
 * nobody denies nothing. Asked from the platform's own pods, and from nodes, whose own pods no policy keeps from them.
 */
function openPlatform({ cluster, control }: Pick<Recorder, 'cluster' | 'control'>, matrix: Matrix): string[] {
  const targets = [
    ...targetsLike(matrix, /^(service|pod) (canine|opencost|longhorn-system|prometheus-system)\//),
    ...targetsLike(matrix, /^(canine|opencost|longhorn-system|prometheus-system) (pod on \w+( udp)?|service( udp)?)$/),
  ];
  const answered = new Set(
    targets.filter((to) =>
      answersSomebody(
        cluster.documented.nodes.map(({ name }) => name),
        matrix,
        to,
      ),
    ),
  );
  control({
    subject: "the platform's ports that answer its own pods or nodes",
    vantage: 'platform and nodes',
    expected: 'ports of live pods or Services in all four namespaces',
    saw: `${answered.size} of ${targets.length}`,
    held: platformNames.every((name) => [...answered].some((id) => id.startsWith(`pod ${name}/`) || id.startsWith(`service ${name}/`))),
  });
  return [...answered];
}

function answersSomebody(nodes: readonly string[], matrix: Matrix, to: string): boolean {
  const sources = [...platformNames.flatMap((name) => sourcesOf(matrix, name)), ...nodes];
  return sources.some((from) => matrix.wasTried(from, to) && reached(matrix.outcome(from, to)));
}

check(
  requirements['ISO-PLATFORM-POD-DENY'],
  async (context) => {
    const [matrix, { alice }, groups] = await Promise.all([connectionMatrix(), tenants(), platform()]);
    const open = openPlatform(context, matrix);
    await readCells(context, matrix, [
      ...tenantNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), open, denied)),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
    ]);
    const [source, elsewhere] = alice.pods;
    // Alive, for they answered in the matrix: that pods of these namespaces answer a ping, the run's own show.
    const live = new Map(
      matrix.targets.flatMap(({ id, target }) =>
        id.startsWith('pod ') && open.includes(id) && 'host' in target ? [[target.host, id.replace(/:\d+$/, '')] as const] : [],
      ),
    );
    const pings = [source, elsewhere].flatMap(({ place }) =>
      [...live].map(([host, name]): Connection => ({ ...denied, from: place, to: { kind: 'icmp', host }, name })),
    );
    await connections(context, [
      ...pings,
      ...groups.flatMap(({ namespace, pods: [target] }): Connection[] => [
        { ...denied, from: source.place, to: { kind: 'icmp', host: target.address }, name: `a pod in ${namespace}` },
        {
          ...anchor,
          from: { host: target.node },
          to: { kind: 'icmp', host: target.address },
          name: `a pod in ${namespace}, from its node`,
        },
      ]),
    ]);
  },
  { uses: ['connection-matrix'] },
);

check(
  requirements['ISO-PLATFORM-LB-DENY'],
  async (context) => {
    const matrix = await connectionMatrix();
    await readCells(context, matrix, [
      ...tenantNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), accessPoints, denied)),
      ...every(matrix, ['admin'], accessPoints, anchor),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
    ]);
  },
  { uses: ['connection-matrix'] },
);

check(requirements['ISO-PLATFORM-DENY-ANY-NP'], async (context) => {
  context.hint(
    async () =>
      'kubectl get globalnetworkpolicies deny-tenant-to-platform-egress -o yaml: which rule denies what was reached, and does its namespaceSelector match the tenant?',
  );
  const { nodes } = context.cluster.documented;
  const matrix = await permissiveMatrix();
  const [own, api] = [sourcesOf(matrix, 'permissive'), targetsLike(matrix, /^api /)];
  const points = accessPoints.filter((to) => answersSomebody([...nodes.map(({ name }) => name), 'admin'], matrix, to));
  context.control({
    subject: 'access points that answer the platform, its nodes or the admin workstation',
    vantage: 'platform, nodes, admin',
    expected: 'some',
    saw: points.join(', '),
    held: points.length > 0,
  });
  await readCells(context, matrix, [
    ...every(matrix, own, [...openPlatform(context, matrix), ...points, ...api], denied),
    ...platformNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), api, anchor)),
    ...every(matrix, own, targetsLike(matrix, /^neutral (pod on \w+( udp)?|service( udp)?)$/), anchor),
  ]);
});

check(
  requirements['ISO-EXPLICIT-ADMIN-DENY'],
  async (context) => {
    context.hint(
      async () =>
        'kubectl get globalnetworkpolicies deny-tenant-to-platform-egress -o yaml: its namespaceSelector must match tenants (E17); the policy deny-admin-namespaces of the template denies nothing (E40)',
    );
    const { cluster, changes, signal } = context;
    const [own, open] = await Promise.all([permissive(), neutral()]);
    const name = `conform-reachable-${nonce()}`;
    // Only these pods are opened to everybody, so that the tenant's side alone decides, and the platform itself stays closed.
    await changes.createFrom(`${import.meta.dirname}/admit-to-reachable.yaml`, { NAME: name });
    const targets = await Promise.all(
      cluster.documented.platformNamespaces.map(async (namespace) => {
        await changes.createFrom(`${import.meta.dirname}/reachable-pod.yaml`, { NAME: name, NAMESPACE: namespace });
        const [pod] = await readyPods(cluster.kubernetes, { namespace, selector: `conform-reachable=${name}`, count: 1 }, signal);
        if (pod === undefined) throw new Error(`no pod in ${namespace}`);
        return { to: echoPod(pod).tcp, name: `a pod in ${namespace} that admits everybody` };
      }),
    );
    await Promise.all(targets.map(({ to }) => firstAnswer(cluster, { from: open.pods[0].place, to }, { timeoutMs: convergedMs, signal })));
    await connections(context, [
      ...own.pods.flatMap(({ place }) => targets.map((each): Connection => ({ ...denied, from: place, ...each }))),
      ...targets.map((each): Connection => ({ ...anchor, from: open.pods[0].place, ...each })),
      ...own.pods.map(({ place }): Connection => ({
        ...anchor,
        from: place,
        to: open.pods[0].tcp,
        name: 'a pod in a namespace that is no platform',
      })),
    ]);
  },
  { changes: ['global-policies'] },
);

/** Until a new policy is in force on every node; not part of a promise. */
const convergedMs = 15_000;
