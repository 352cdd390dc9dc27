import { readFile } from 'node:fs/promises';
import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { allocationsIn, sumOf } from '../../../harness/platform/opencost/allocation.ts';
import { type Destination, type Source, atHost, claim, unpublished } from '../../../harness/probe/claims.ts';
import { mayBeLate } from '../../../harness/probe/outcome.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { apiPort } from '../copied-opencost.ts';
import { costApi, onlySet } from '../cost-api.ts';
import { near, scrapedTolerance } from '../money.ts';
import { requirements } from '../requirements.ts';
import { type McpAnswers, mcpAnswersIn } from './mcp-answers.ts';

const namespace = 'opencost';
const [mcpPort, closedPort] = [8081, 9004];
/** A script in a pod has 30 s. */
const answerSeconds = 25;

/** A pod in a namespace of the platform that is not OpenCost's own. */
function askerOf(platform: readonly EchoGroup[]): Source {
  const group = platform.find((each) => each.namespace === 'prometheus-system');
  if (group === undefined) throw new Error('there are no echo pods in prometheus-system');
  const [{ node, place }] = group.pods;
  return { name: `prometheus-system on ${node}`, place };
}

check(requirements['COST-API-9003'], async ({ cluster, connect, observe, hint }, { platform }) => {
  hint(async () => 'kubectl -n opencost get service,endpointslices -o yaml: does port 9003 lead to 9003 of the pod?');
  const from = askerOf(platform);
  const host = `opencost.${namespace}`;
  const at = (query: string): Destination['target'] => ({
    kind: 'http',
    url: `http://${host}:${apiPort}/allocation?${query}`,
    withinSeconds: answerSeconds,
  });
  const [[outcome] = []] = await connect([
    claim([
      {
        role: 'observation',
        from,
        to: { name: 'the API by its Service', target: at('window=1d&aggregate=namespace') },
        expect: { status: 200 },
      },
      { role: 'control', from, to: { name: 'a window that is none', target: at('window=nonsense') }, expect: { status: 400 } },
      {
        role: 'control',
        from,
        to: { name: 'a port that is not published', target: { kind: 'tcp', host, port: closedPort } },
        expect: 'not-reached',
      },
    ]),
  ]);
  if (outcome === undefined) throw new Error('the claim has no outcome');
  const answer = allocationsIn(outcome.kind === 'answered' ? outcome : { kind: 'silent', text: outcome.kind });
  observe({
    subject: 'its answer',
    vantage: cluster.placeText(from.place),
    expected: 'JSON with code 200 and a list',
    saw: answer.kind === 'sets' ? `code 200, ${answer.sets.length} sets` : answer.text,
    held: answer.kind === 'sets',
    ...lateIf(mayBeLate(outcome)),
  });
});

const mcp = `http://${namespace}.${namespace}.svc.cluster.local:${mcpPort}/`;

check(requirements['COST-MCP-8081'], async (context, { platform }) => {
  const { cluster, connect, observe, control, hint, signal } = context;
  hint(async () => 'kubectl -n opencost logs deployment/opencost --all-containers | grep -i mcp');
  const from = askerOf(platform);
  if ('host' in from.place) throw new Error('the asker is no pod');
  const host = new URL(mcp).hostname;
  await connect([
    claim([
      { role: 'observation', from, to: { name: 'MCP by its name', target: { kind: 'tcp', host, port: mcpPort } }, expect: 'reached' },
      {
        role: 'control',
        from,
        to: { name: 'the port beside it', target: { kind: 'tcp', host, port: mcpPort + 1 } },
        expect: 'not-reached',
      },
    ]),
  ]);
  const program = (await readFile(`${import.meta.dirname}/mcp-session.sh`, 'utf8')).replaceAll('@URL@', mcp);
  const { namespace: of, pod } = from.place;
  const answers: McpAnswers = mcpAnswersIn(await cluster.kubernetes.run({ namespace: of, pod }, program, signal));
  const vantage = cluster.placeText(from.place);
  observe({
    subject: 'server that introduces itself',
    vantage,
    expected: 'a name',
    saw: answers.server ?? 'none',
    held: answers.server !== undefined,
  });
  const tool = answers.tools.find((name) => name.includes('allocation'));
  observe({
    subject: 'tools that it lists',
    vantage,
    expected: 'one for allocations',
    saw: answers.tools.join(', ') || 'none',
    held: tool !== undefined,
  });
  control({
    subject: 'answer to a method that it does not have',
    vantage,
    expected: 'an error',
    saw: answers.madeUp ?? 'none',
    held: answers.madeUp !== undefined,
  });
  const api = await costApi(context);
  const rest = onlySet(await api.allocations({ window: '1d', aggregate: 'namespace', accumulate: 'true' }));
  const expected = sumOf(rest, ({ totalCost }) => totalCost);
  observe(
    near('sum of the costs that the tool tells for 1 d, against the API', {
      vantage,
      expected,
      saw: answers.total,
      tolerance: scrapedTolerance(expected, rest.size + 1),
    }),
  );
});

check(requirements['COST-MCP-INTERNAL-ONLY'], async ({ cluster, connect, observe, control, hint }, { platform }) => {
  hint(async () => `kubectl -n ${namespace} get services -o wide: which publishes ${mcpPort}?`);
  const { address } = cluster.documented.services.opencost;
  const workstation = atHost('admin');
  const inside = askerOf(platform);
  const published: Destination = { name: "OpenCost's API", target: { kind: 'tcp', host: address, port: apiPort } };
  const own: Destination = { name: 'MCP by its name', target: { kind: 'tcp', host: new URL(mcp).hostname, port: mcpPort } };
  await connect([
    unpublished({
      from: workstation,
      to: { name: 'the port of MCP at the load balancer', target: { kind: 'tcp', host: address, port: mcpPort } },
      hostsAnswer: [{ from: workstation, to: published }],
      sameSourceReaches: published,
    }),
    { attempts: [{ role: 'control', from: inside, to: own, expect: 'reached' }] },
  ]);
  const { items } = await cluster.kubernetes.core.listNamespacedService({ namespace });
  const ways = items.flatMap(({ metadata, spec }) =>
    (spec?.ports ?? []).map(({ port, targetPort }) => ({ name: metadata?.name ?? '', type: spec?.type ?? '', port, targetPort })),
  );
  const outside = ways.filter(({ type }) => type !== 'ClusterIP');
  observe(
    noneOf('Services with a way from outside to the port of MCP', {
      saw: outside.filter(({ port, targetPort }) => port === mcpPort || targetPort === mcpPort).map(({ name }) => name),
    }),
  );
  control(
    equal('Services with a way from outside to the API, found alike', {
      expected: 'opencost-ui-lb',
      saw: outside.filter(({ port }) => port === apiPort).map(({ name }) => name),
    }),
  );
});
