import { check } from '../../fixtures/check.ts';
import { allowed, anchor, denied, every, platformNames, sourcesOf } from '../../fixtures/cells.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { platform, tenants } from '../../fixtures/groups.ts';
import { lateIf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import type { Target } from '../../../harness/probe/probe.ts';
import { showsToAdmins, showsToAdminsInTurn } from './access-point.ts';
import { closedDoors, closedToStrangers } from './closed.ts';
import { platformDoors, withDoors } from '../doors.ts';
import { requirements } from '../requirements.ts';
import { admins, outsiders } from '../vantages.ts';

/** Guide: OpenCost, Step 5. */
const service = { namespace: 'opencost', name: 'opencost-ui-lb' };

check(requirements['ADM-OPENCOST-UI-ALLOW'], (context) => {
  const { address, hostname } = context.cluster.documented.services.opencost;
  const marker = /<title>OpenCost/;
  return showsToAdmins(context, service, [
    { name: 'the UI by address', url: `http://${address}/`, marker },
    { name: 'the UI by name', url: `http://${hostname}/`, marker },
  ]);
});

check(requirements['ADM-OPENCOST-API-ALLOW'], (context) => {
  const api = `http://${context.cluster.documented.services.opencost.address}:9003`;
  return showsToAdminsInTurn(context, service, [
    { name: 'the health of the API', url: `${api}/healthz` },
    { name: 'the costs of the last hour', url: `${api}/allocation?window=1h`, marker: /^\s*\{"code":\s*200\b/ },
  ]);
});

check(
  requirements['ADM-OPENCOST-DENY'],
  async (context) => {
    context.hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which rule admits the source that got through?');
    const [matrix, { opencost }] = await Promise.all([connectionMatrix(), platformDoors()]);
    await readCells(
      context,
      matrix,
      closedToStrangers(matrix, {
        published: ['opencost ui', 'opencost api', 'opencost name'],
        inside: /^(service opencost\/opencost[^:]*:(80|9003|9090)|pod opencost\/opencost-[^:]+:(9003|9090))$/,
      }),
    );
    await connections(context, closedDoors(opencost));
  },
  { uses: ['connection-matrix', ...withDoors.uses] },
);

check(
  requirements['ADM-OPENCOST-9090'],
  async (context) => {
    const { address } = context.cluster.documented.services.opencost;
    const [matrix, { opencost }] = await Promise.all([connectionMatrix(), platformDoors()]);
    const doors = opencost.filter(({ port }) => port === 9090);
    const published: Target = { kind: 'tcp', host: address, port: 9090 };
    await readCells(context, matrix, [
      ...every(matrix, ['admin'], ['opencost ui'], anchor),
      ...every(matrix, outsiders, ['opencost ui'], { role: 'control', expect: 'not-reached' }),
      ...every(matrix, outsiders, ['internet'], anchor),
    ]);
    // Nothing is published there, so by which failure does not matter.
    await connections(context, [
      ...['admin', ...outsiders].map((host): Connection => ({
        role: 'observation',
        expect: 'not-reached',
        from: { host },
        to: published,
        name: 'the port of the UI, which the Service does not publish',
      })),
      ...doors.flatMap(({ name, to }) =>
        admins.map((host): Connection => ({
          role: 'observation',
          expect: { status: 200 },
          from: { host },
          to: { kind: 'http', url: `http://${to.host}:${to.port}/` },
          name,
        })),
      ),
      ...doors.flatMap(({ name, to }) => outsiders.map((host): Connection => ({ ...denied, from: { host }, to, name }))),
    ]);
  },
  { uses: ['connection-matrix', ...withDoors.uses] },
);

/** The first call of the protocol (modelcontextprotocol.io, 2025-06-18, Lifecycle). */
const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'conform', version: '1' } },
});
/** Guide: Access Points, OpenCost MCP. */
const mcpHost = 'opencost.opencost.svc.cluster.local';

check(
  requirements['ADM-MCP-IN-CLUSTER'],
  async (context) => {
    const { cluster, hint, observe, signal } = context;
    hint(
      async () =>
        'kubectl -n opencost logs deploy/opencost -c opencost | grep -i mcp; kubectl get globalnetworkpolicies.projectcalico.org -o yaml: what admits platform pods (E20)?',
    );
    const { address } = cluster.documented.services.opencost;
    const [matrix, groups, { alice }] = await Promise.all([connectionMatrix(), platform(), tenants()]);
    const own: Target = { kind: 'tcp', host: mcpHost, port: 8081 };
    await Promise.all(
      groups.map(async ({ namespace, pods: [{ place }] }) => {
        const answer = await cluster.kubernetes.run(
          place,
          `curl -q -s -m 10 -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '${initialize}' http://${mcpHost}:8081/ || echo "curl ended with $?"`,
          signal,
        );
        observe({
          subject: `answer of ${mcpHost}:8081 to the protocol's first call`,
          vantage: `a pod in ${namespace}`,
          expected: 'it names its server',
          saw: answer.trim().slice(0, 200) || 'nothing',
          held: answer.includes('"serverInfo"'),
          ...lateIf(answer.includes('curl ended with 28')),
        });
      }),
    );
    await readCells(context, matrix, [
      ...platformNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), ['service opencost/opencost:9003'], anchor)),
      ...every(matrix, ['admin'], ['opencost api'], anchor),
      ...every(matrix, outsiders, ['internet'], anchor),
    ]);
    await connections(context, [
      ...['admin', ...outsiders].map((host): Connection => ({
        role: 'observation',
        expect: 'not-reached',
        from: { host },
        to: { kind: 'tcp', host: address, port: 8081 },
        name: 'the port of MCP at the load balancer',
      })),
      ...alice.pods.map(({ place: from }): Connection => ({ ...denied, from, to: own, name: 'MCP' })),
      ...alice.pods.map(({ place: from }): Connection => ({ ...anchor, from, to: alice.pods[1].tcp, name: 'a pod of the own tenant' })),
      ...groups.map(({ pods: [{ place: from }] }): Connection => ({ ...allowed, from, to: own, name: 'MCP' })),
    ]);
  },
  { uses: ['connection-matrix'] },
);
