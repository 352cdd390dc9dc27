import { check } from '../../fixtures/check.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { connections } from '../../../harness/probe/connections.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import { showsToAdmins } from './access-point.ts';
import { closedDoors, closedToStrangers } from './closed.ts';
import { platformDoors, withDoors } from '../doors.ts';
import { requirements } from '../requirements.ts';

check(requirements['ADM-LONGHORN-ALLOW'], (context) =>
  showsToAdmins(context, { namespace: 'longhorn-system', name: 'longhorn-frontend-lb' }, [
    { name: 'the Longhorn UI', url: `http://${context.cluster.documented.services.longhorn.address}/`, marker: /<title>Longhorn<\/title>/ },
  ]),
);

check(
  requirements['ADM-LONGHORN-DENY'],
  async (context) => {
    context.hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which rule admits the source that got through?');
    const [matrix, { longhornUi, longhornManager }] = await Promise.all([connectionMatrix(), platformDoors()]);
    await readCells(
      context,
      matrix,
      closedToStrangers(matrix, {
        published: ['longhorn ui'],
        inside:
          /^(service longhorn-system\/longhorn-(frontend|frontend-lb|backend):\d+|pod longhorn-system\/(longhorn-ui-[^:]+:8000|longhorn-manager-[^:]+:9500))$/,
      }),
    );
    await connections(context, closedDoors([...longhornUi, ...longhornManager]));
  },
  { uses: ['connection-matrix', ...withDoors.uses] },
);
