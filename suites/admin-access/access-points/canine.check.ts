import { type Destination, denial } from '../../../harness/probe/claims.ts';
import { check } from '../check.ts';
import { internet } from '../internet.ts';
import { firstPorts } from '../next-hop.ts';
import { requirements } from '../requirements.ts';
import { atHosts, outsiders, workstation } from '../vantages.ts';
import { showsToAdmins } from './access-point.ts';
import { accessPoints, closedDoors, closedThroughNodes, closedToStrangers, living } from './closed.ts';
import { whichSource } from './which-source.ts';

const service = { namespace: 'canine', name: 'canine' };
/** Canine's layout names itself on every page (CanineHQ/canine, app/views/layouts). */
const marker = /content="Canine"/;
/** Guide: Port Reference. */
const ownPort = 3000;
const paths = ['/', '/api/v1/', '/api/v1/me', '/up'];

check(requirements['ADM-CANINE-ALLOW'], (context) => {
  const { address, hostname } = context.cluster.documented.services.canine;
  return showsToAdmins(context, service, [
    { name: 'the dashboard by name', url: `http://${hostname}/`, marker },
    { name: 'the dashboard by address', url: `http://${address}/`, marker },
  ]);
});

check(requirements['ADM-CANINE-DENY'], async (context, { matrix, neutral, tenants: { alice }, ordinary, platformDoors }) => {
  const { cluster, connect, hint } = context;
  hint(whichSource);
  const { address, hostname } = cluster.documented.services.canine;
  const inside = living(
    ({ namespace, name, port }) => namespace === service.namespace && name === service.name && port === 80,
    ({ namespace, port }) => namespace === service.namespace && port === ownPort,
  );
  // A policy that looks at paths or names would be another than the guide's: no way in may depend on them.
  const requests = paths.map((path): Destination => ({
    name: `Canine by its name, ${path}`,
    target: { kind: 'http', url: `http://${address}${path}`, headers: [`Host: ${hostname}`] },
  }));
  const asked = { to: requests, targetAnswers: workstation };
  await connect([
    ...closedToStrangers(matrix, { published: [accessPoints('canine'), 2], inside }),
    closedDoors(cluster, platformDoors.canine),
    denial({ ...asked, from: atHosts(outsiders), sameSourceReaches: internet(cluster) }),
    denial({
      ...asked,
      from: { name: `alice on ${alice.pods[0].node}`, place: alice.pods[0].place },
      sameSourceReaches: { name: `alice pod on ${alice.pods[1].node}`, target: alice.pods[1].tcp },
    }),
    denial({
      ...asked,
      from: { name: `default on ${ordinary.pods[0].node}`, place: ordinary.pods[0].place },
      sameSourceReaches: { name: 'an unprotected pod', target: neutral.pods[0].tcp },
    }),
  ]);
  await closedThroughNodes(context, neutral, { service, ports: [80], firstPort: firstPorts.canine });
});
