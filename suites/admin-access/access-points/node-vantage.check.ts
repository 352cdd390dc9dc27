import { check } from '../../fixtures/check.ts';
import { anchor, denied, every, targetsLike } from '../../fixtures/cells.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { type Cell, readCells } from '../../../harness/probe/matrix.ts';
import { endpointNodes } from './access-point.ts';
import { platformDoors, withDoors } from '../doors.ts';
import { requirements } from '../requirements.ts';

/** What is behind .100, .101 and .102, by a Service of the cluster before it. */
const accessPoints = [
  {
    namespace: 'longhorn-system',
    name: 'longhorn-frontend',
    pods: /^pod longhorn-system\/longhorn-ui-[^:]+:8000$/,
    service: /^service longhorn-system\/longhorn-frontend:80$/,
  },
  { namespace: 'canine', name: 'canine', pods: /^pod canine\/canine-[^:]+:3000$/, service: /^service canine\/canine:80$/ },
  {
    namespace: 'opencost',
    name: 'opencost',
    pods: /^pod opencost\/opencost-[^:]+:(9003|9090)$/,
    service: /^service opencost\/opencost:(9003|9090)$/,
  },
];

check(
  requirements['ADM-NODE-VANTAGE'],
  async (context) => {
    const {
      cluster: { documented, kubernetes },
      control,
      hint,
    } = context;
    hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which rule admits addresses of nodes?');
    const [matrix, doors, ...hosts] = await Promise.all([
      connectionMatrix(),
      platformDoors(),
      ...accessPoints.map((point) => endpointNodes(kubernetes, point)),
    ]);
    const nodes = documented.nodes.map(({ name }) => name);
    const cells = accessPoints.flatMap((point, index): Cell[] => {
      const hosting = hosts[index] ?? [];
      control({
        subject: `nodes that host ${point.namespace}/${point.name}, which reach it past every policy (E94)`,
        vantage: 'Kubernetes API',
        expected: 'not all nodes',
        saw: hosting.join(', ') || 'none',
        held: hosting.length > 0 && hosting.length < nodes.length,
      });
      const ways = [...targetsLike(matrix, point.pods), ...targetsLike(matrix, point.service)];
      return [
        ...every(
          matrix,
          nodes.filter((node) => !hosting.includes(node)),
          ways,
          denied,
        ),
        ...every(matrix, hosting, ways, anchor),
      ];
    });
    await readCells(context, matrix, [...cells, ...every(matrix, nodes, ['api service'], anchor)]);
    await connections(
      context,
      [...doors.longhornUi, ...doors.canine, ...doors.opencost].map(({ name, to }): Connection => ({
        ...anchor,
        from: { host: 'admin' },
        to,
        name,
      })),
    );
    control(
      equal('nodes that were asked from', {
        expected: nodes,
        saw: matrix.sources.filter(({ group }) => group === 'nodes').map(({ id }) => id),
      }),
    );
  },
  { uses: ['connection-matrix', ...withDoors.uses] },
);
