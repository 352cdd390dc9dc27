import { check } from '../../harness/check.ts';
import { connectionMatrix } from '../../harness/fixtures/connection-matrix.ts';
import { platform, tenants } from '../../harness/fixtures/groups.ts';
import { type Connection, connections } from '../../harness/vantage/connections.ts';
import { type Matrix, readCells } from '../../harness/vantage/matrix.ts';
import { anchor, denied, every, platformNames, sourcesOf, targetsLike, tenantNames, withinTenant } from './cells.ts';
import { requirements } from './requirements.ts';

const accessPoints = ['longhorn ui', 'canine', 'opencost ui', 'opencost api', 'canine name', 'opencost name'];

/** Live pods and Services of the platform, every port, and the echo pods beside them. */
function platformTargets(matrix: Matrix): string[] {
  return [...targetsLike(matrix, /^(service|pod) (canine|opencost|longhorn-system|prometheus-system)\//), ...targetsLike(matrix, /^(canine|opencost|longhorn-system|prometheus-system) (pod on \w+( udp)?|service( udp)?)$/)];
}

check(requirements['ISO-PLATFORM-POD-DENY'], async (context) => {
  const [matrix, { alice }, groups] = await Promise.all([connectionMatrix(), tenants(), platform()]);
  const targets = platformTargets(matrix);
  // What listens is what the platform's own pods reach; a port that answers nobody denies nothing.
  const open = targets.filter((id) => platformNames.some((name) => sourcesOf(matrix, name).some((from) => matrix.wasTried(from, id) && matrix.outcome(from, id).kind === 'connected')));
  context.control({ subject: "the platform's ports that answer its own pods", vantage: 'pods of the platform', expected: 'ports in all four namespaces', saw: `${open.length} of ${targets.length}`, held: platformNames.every((name) => open.some((id) => id.includes(name))) });
  readCells(context, matrix, [...tenantNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), open, denied)), ...tenantNames.flatMap((name) => withinTenant(matrix, name))]);
  const [source] = alice.pods;
  await connections(context, groups.flatMap(({ namespace, pods: [target, other] }): Connection[] => [
    { ...denied, from: source.place, to: { kind: 'icmp', host: target.address }, name: `a pod in ${namespace}` },
    { ...anchor, from: other.place, to: { kind: 'icmp', host: target.address }, name: `a pod in ${namespace}, from its own namespace` },
  ]));
});

check(requirements['ISO-PLATFORM-LB-DENY'], async (context) => {
  const matrix = await connectionMatrix();
  readCells(context, matrix, [
    ...tenantNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), accessPoints, denied)),
    ...every(matrix, ['admin'], accessPoints, anchor),
    ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
  ]);
});
