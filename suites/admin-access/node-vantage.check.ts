import type { V1Pod } from '@kubernetes/client-node';
import { check } from '../../harness/check.ts';
import { anchor, denied, every, targetsLike } from '../../harness/fixtures/cells.ts';
import { connectionMatrix } from '../../harness/fixtures/connection-matrix.ts';
import { equal } from '../../harness/measured.ts';
import { type Cell, readCells } from '../../harness/vantage/matrix.ts';
import { requirements } from './requirements.ts';

/** The pods behind .100, .101 and .102, and a Service with an address of its own before them. */
const accessPoints = [
  { name: 'longhorn-ui', namespace: 'longhorn-system', selector: 'app=longhorn-ui', pods: /^pod longhorn-system\/longhorn-ui-[^:]+:8000$/, service: /^service longhorn-system\/longhorn-frontend:80$/ },
  { name: 'canine', namespace: 'canine', selector: 'app.kubernetes.io/component=web', pods: /^pod canine\/canine-[^:]+:3000$/, service: /^service canine\/canine:80$/ },
  { name: 'opencost', namespace: 'opencost', selector: 'app.kubernetes.io/name=opencost', pods: /^pod opencost\/opencost-[^:]+:(9003|9090)$/, service: /^service opencost\/opencost:(9003|9090)$/ },
];

check(requirements['ADM-NODE-VANTAGE'], async (context) => {
  const { cluster: { documented, kubernetes }, control, hint } = context;
  hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which rule admits addresses of nodes?');
  const [matrix, ...pods] = await Promise.all([connectionMatrix(), ...accessPoints.map(({ namespace, selector }) => kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector }))]);
  const nodes = documented.nodes.map(({ name }) => name);
  const cells = accessPoints.flatMap((point, index): Cell[] => {
    const hosting = hostsOf(pods[index]?.items ?? []);
    control({ subject: `nodes that host ${point.name}, which reach it past every policy (E94)`, vantage: 'Kubernetes API', expected: 'not all nodes', saw: hosting.join(', ') || 'none', held: hosting.length > 0 && hosting.length < nodes.length });
    const ways = [...targetsLike(matrix, point.pods), ...targetsLike(matrix, point.service)];
    return [...every(matrix, nodes.filter((node) => !hosting.includes(node)), ways, denied), ...every(matrix, hosting, ways, anchor), ...every(matrix, ['admin'], targetsLike(matrix, point.pods), anchor)];
  });
  readCells(context, matrix, [...cells, ...every(matrix, nodes, ['api service'], anchor)]);
  control(equal('nodes that were asked from', { expected: nodes, saw: matrix.sources.filter(({ group }) => group === 'nodes').map(({ id }) => id) }));
});

function hostsOf(pods: readonly V1Pod[]): string[] {
  return [...new Set(pods.flatMap(({ spec }) => spec?.nodeName ?? []))].toSorted();
}
