import { check } from '../../fixtures/check.ts';
import { anchor, denied } from '../../fixtures/cells.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { ordinary, tenants } from '../../fixtures/groups.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import type { Target } from '../../../harness/probe/probe.ts';
import { showsToAdmins } from './access-point.ts';
import { closedDoors, closedToStrangers } from './closed.ts';
import { platformDoors, withDoors } from '../doors.ts';
import { requirements } from '../requirements.ts';
import { outsiders } from '../vantages.ts';

/** Canine's layout names itself on every page (CanineHQ/canine, app/views/layouts). */
const marker = /content="Canine"/;

check(requirements['ADM-CANINE-ALLOW'], (context) => {
  const { address, hostname } = context.cluster.documented.services.canine;
  return showsToAdmins(context, { namespace: 'canine', name: 'canine' }, [
    { name: 'the dashboard by name', url: `http://${hostname}/`, marker },
    { name: 'the dashboard by address', url: `http://${address}/`, marker },
  ]);
});

check(
  requirements['ADM-CANINE-DENY'],
  async (context) => {
    context.hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which rule admits the source that got through?');
    const { address, hostname } = context.cluster.documented.services.canine;
    const [matrix, { alice }, { pods: plain }, doors] = await Promise.all([connectionMatrix(), tenants(), ordinary(), platformDoors()]);
    await readCells(
      context,
      matrix,
      closedToStrangers(matrix, {
        published: ['canine', 'canine name'],
        inside: /^(service canine\/canine:80|pod canine\/canine-[^:]+:3000)$/,
      }),
    );
    // A policy that looks at paths or names would be another than the guide's: no way in may depend on them.
    const requests: readonly Target[] = [
      `http://${address}/`,
      `http://${address}/api/v1/`,
      `http://${address}/api/v1/me`,
      `http://${address}/up`,
    ].map((url) => ({ kind: 'http', url, headers: [`Host: ${hostname}`] }));
    const strangers = [...outsiders.map((host) => ({ host })), alice.pods[0].place, plain[0].place];
    await connections(context, [
      ...closedDoors(doors.canine),
      ...strangers.flatMap((from) => requests.map((to): Connection => ({ ...denied, from, to, name: 'Canine, asked by its name' }))),
      ...requests.map((to): Connection => ({ ...anchor, from: { host: 'admin' }, to, name: 'Canine, asked by its name' })),
    ]);
  },
  { uses: ['connection-matrix', ...withDoors.uses] },
);
