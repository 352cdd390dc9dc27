import { type Destination, denial, reach, unpublished } from '../../../harness/probe/claims.ts';
import { fromHosts } from '../../fixtures/matrix-parts.ts';
import { check } from '../check.ts';
import { internet } from '../internet.ts';
import { firstPorts } from '../next-hop.ts';
import { requirements } from '../requirements.ts';
import { admins, atHosts, outsiders, workstation } from '../vantages.ts';
import { showsToAdmins, showsToAdminsInTurn } from './access-point.ts';
import { accessPoints, closedDoors, closedThroughNodes, closedToStrangers, living, outsidersOf } from './closed.ts';
import { whichSource } from './which-source.ts';

/** Guide: OpenCost, Step 5. */
const service = { namespace: 'opencost', name: 'opencost-ui-lb' };
/** Guide: Port Reference; of the API, and of the UI. */
const [apiPort, uiPort] = [9003, 9090];

check(requirements['ADM-OPENCOST-UI-ALLOW'], (context) => {
  const { address, hostname } = context.cluster.documented.services.opencost;
  const marker = /<title>OpenCost/;
  return showsToAdmins(context, service, [
    { name: 'the UI by address', url: `http://${address}/`, marker },
    { name: 'the UI by name', url: `http://${hostname}/`, marker },
  ]);
});

check(requirements['ADM-OPENCOST-API-ALLOW'], (context) => {
  const api = `http://${context.cluster.documented.services.opencost.address}:${apiPort}`;
  return showsToAdminsInTurn(context, service, [
    { name: 'the health of the API', url: `${api}/healthz` },
    { name: 'the costs of the last hour', url: `${api}/allocation?window=1h`, marker: /^\s*\{"code":\s*200\b/ },
  ]);
});

check(requirements['ADM-OPENCOST-DENY'], async (context, { matrix, neutral, platformDoors: { opencost } }) => {
  context.hint(whichSource);
  const inside = living(
    ({ namespace, name, port }) => namespace === service.namespace && name.startsWith('opencost') && [80, apiPort, uiPort].includes(port),
    ({ namespace, port }) => namespace === service.namespace && [apiPort, uiPort].includes(port),
  );
  await context.connect([
    ...closedToStrangers(matrix, { published: [accessPoints('opencost', 'opencost-api'), 3], inside }),
    closedDoors(context.cluster, opencost),
  ]);
  await closedThroughNodes(context, neutral, { service, ports: [80, apiPort], firstPort: firstPorts.opencost });
});

check(requirements['ADM-OPENCOST-9090'], async ({ cluster, connect }, { matrix, platformDoors: { opencost } }) => {
  const { address } = cluster.documented.services.opencost;
  const doors = opencost.filter(({ port }) => port === uiPort);
  const asPages = doors.map(({ name, target }): Destination => ({
    name,
    target: { kind: 'http', url: `http://${target.host}:${target.port}/` },
  }));
  const published: Destination = { name: "the UI's own port at the load balancer", target: { kind: 'tcp', host: address, port: uiPort } };
  const uiAtBalancer: Destination = { name: 'the UI at the load balancer', target: { kind: 'tcp', host: address, port: 80 } };
  await connect([
    // Nothing is published there, so by which failure does not matter; nobody reaches it, and so its host answers on another port.
    unpublished({
      from: [workstation, ...atHosts(outsiders)],
      to: published,
      hostsAnswer: [{ from: workstation, to: uiAtBalancer }],
      sameSourceReaches: (source) => (source.name === workstation.name ? uiAtBalancer : internet(cluster)),
    }),
    reach({ from: atHosts(admins), to: asPages, status: 200 }),
    denial({ from: atHosts(outsiders), to: doors, sameSourceReaches: internet(cluster), targetAnswers: workstation }),
    matrix.denial({
      ...outsidersOf(matrix),
      to: matrix.targets(accessPoints('opencost'), 2),
      targetAnswers: matrix.sources(fromHosts('admin'), 1),
    }),
  ]);
});
