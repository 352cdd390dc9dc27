import { check } from '../check.ts';
import { firstPorts } from '../next-hop.ts';
import { requirements } from '../requirements.ts';
import { showsToAdmins } from './access-point.ts';
import { accessPoints, closedDoors, closedThroughNodes, closedToStrangers, living } from './closed.ts';
import { whichSource } from './which-source.ts';

/** Guide: Expose Longhorn UI. */
const service = { namespace: 'longhorn-system', name: 'longhorn-frontend-lb' };
const services = ['longhorn-frontend', service.name, 'longhorn-backend'];
/** Port Reference: the UI's own port, and its API's. */
const portOf: Readonly<Record<string, number>> = { 'longhorn-ui': 8000, 'longhorn-manager': 9500 };

check(requirements['ADM-LONGHORN-ALLOW'], (context) =>
  showsToAdmins(context, service, [
    { name: 'the Longhorn UI', url: `http://${context.cluster.documented.services.longhorn.address}/`, marker: /<title>Longhorn<\/title>/ },
  ]),
);

check(requirements['ADM-LONGHORN-DENY'], async (context, { matrix, neutral, platformDoors: { longhornUi, longhornManager } }) => {
  context.hint(whichSource);
  const inside = living(
    ({ namespace, name }) => namespace === service.namespace && services.includes(name),
    ({ namespace, workload, port }) => namespace === service.namespace && portOf[workload] === port,
  );
  await context.connect([
    ...closedToStrangers(matrix, { published: [accessPoints('longhorn'), 1], inside }),
    closedDoors(context.cluster, [...longhornUi, ...longhornManager]),
  ]);
  await closedThroughNodes(context, neutral, { service, ports: [80], firstPort: firstPorts.longhorn });
});
