import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Claim, type Destination, type Source, atHost, denial, reach, unpublished } from '../../../harness/probe/claims.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { pings } from '../documented-nodes.ts';
import { internet } from '../internet.ts';
import { requirements } from '../requirements.ts';
import { atHosts, outsiders, workstation } from '../vantages.ts';
import { type WayIn, readPublishing, waysInTo } from './ways-in.ts';

/** Guide: Access Points, OpenCost MCP. */
const namespace = 'opencost';
const mcp = { host: `opencost.${namespace}.svc.cluster.local`, port: 8081 };
const [apiPort, ownLabel] = [9003, 'app.kubernetes.io/name=opencost'];

/** The first request of the Model Context Protocol (modelcontextprotocol.io, Lifecycle). */
const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'conform', version: '1' } },
});

check(requirements['ADM-MCP-IN-CLUSTER'], async (context, { platform, tenants: { alice } }) => {
  const { connect, hint } = context;
  hint(
    async () =>
      'kubectl -n opencost logs deploy/opencost --all-containers | grep -i mcp; kubectl get globalnetworkpolicies.projectcalico.org -o yaml: what admits platform pods (E20)?',
  );
  await Promise.all(platform.map((group) => answersPlatform(context, group)));
  const inside = platform.map(({ namespace: name, pods: [{ place, node }] }): Source => ({ name: `${name} on ${node}`, place }));
  const own: Destination = { name: 'MCP by its name', target: { kind: 'tcp', ...mcp } };
  const api: Destination = { name: "OpenCost's API by its name", target: { kind: 'tcp', host: mcp.host, port: apiPort } };
  await connect([
    reach({ from: inside, to: own }),
    { attempts: inside.map((from) => ({ role: 'control', from, to: api, expect: 'reached' })) },
    denial({
      from: alice.pods.map(({ place, node }): Source => ({ name: `alice on ${node}`, place })),
      to: own,
      sameSourceReaches: { name: `alice pod on ${alice.pods[1].node}`, target: alice.pods[1].tcp },
      targetAnswers: inside,
    }),
    ...(await nowhereOutside(context)),
  ]);
});

async function answersPlatform({ cluster, observe, signal }: CheckContext, { namespace: of, pods: [{ place }] }: EchoGroup): Promise<void> {
  const headers = ['Content-Type: application/json', 'Accept: application/json, text/event-stream'];
  const command = [
    'curl -q -s -m 10',
    ...headers.map((header) => `-H '${header}'`),
    `-d '${initialize}'`,
    `http://${mcp.host}:${mcp.port}/`,
  ];
  const answer = await cluster.kubernetes.run(place, `${command.join(' ')} || echo "curl ended with $?"`, signal);
  observe({
    key: `${of} -> MCP: first call of the protocol`,
    subject: `answer of ${mcp.host}:${mcp.port} to the protocol's first call`,
    vantage: `a pod in ${of}`,
    expected: 'it names its server',
    saw: answer.trim().slice(0, 200) || 'nothing',
    held: answer.includes('"serverInfo"'),
    ...lateIf(answer.includes('curl ended with 28')),
  });
}

/** Every way out that there is or may be, read and then tried: the load balancer's address, node ports, host ports. */
async function nowhereOutside({ cluster, control, observe }: CheckContext): Promise<Claim[]> {
  const { nodes, services } = cluster.documented;
  const [{ items: pods }, all] = await Promise.all([
    cluster.kubernetes.core.listNamespacedPod({ namespace, labelSelector: ownLabel }),
    readPublishing(cluster),
  ]);
  const ways = waysInTo(pods, all, mcp.port);
  observe(noneOf('Services, Ingresses and host ports that publish MCP', { saw: ways.map(({ name }) => name) }));
  const ofApi = waysInTo(pods, all, apiPort).map(({ name }) => name);
  control(
    equal("the Service that publishes OpenCost's API, found alike", {
      expected: ['Service opencost/opencost-ui-lb port 9003'],
      saw: ofApi,
    }),
  );
  const atBalancer: Destination = {
    name: 'the port of MCP at the load balancer',
    target: { kind: 'tcp', host: services.opencost.address, port: mcp.port },
  };
  const apiAtBalancer: Destination = { name: "OpenCost's API", target: { kind: 'tcp', host: services.opencost.address, port: apiPort } };
  return [
    unpublished({
      from: [workstation, ...atHosts(outsiders)],
      to: [atBalancer, ...ways.flatMap(destinationsOf)],
      hostsAnswer: [
        { from: workstation, to: apiAtBalancer },
        ...outsiders.flatMap((host) => pings(nodes).map((to) => ({ from: atHost(host), to }))),
      ],
      sameSourceReaches: (source) => (source.name === workstation.name ? apiAtBalancer : internet(cluster)),
    }),
  ];
}

function destinationsOf({ name, at }: WayIn): Destination[] {
  return at.map(({ host, port }) => ({ name: `${name} at ${host}`, target: { kind: 'tcp', host, port } }));
}
