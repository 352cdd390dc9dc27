import { promised } from '../../../guide/limits.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { PodPort } from '../../../harness/platform/kubernetes/port-forward.ts';
import { type Destination, reach } from '../../../harness/probe/claims.ts';
import { mayBeLate } from '../../../harness/probe/outcome.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { type Askers, askersIn, sourcesOf, strangersAreDenied } from './anchors.ts';
import { livingPod, prometheusServer } from '../../../harness/platform/prometheus/targets.ts';

/** Guide, OpenCost, Step 3: PROMETHEUS_SERVER_ENDPOINT. */
const prometheusUrl = 'http://prometheus-server.prometheus-system.svc.cluster.local';
const opencostPods = { namespace: 'opencost', selector: 'app.kubernetes.io/name=opencost', port: 9003 };
const newestData = `${promised.adminAccess.allocationAgeMs / 60_000}m`;
/** Prometheus scrapes within its interval of 1 min, and two scrapes make a rate. */
const firstDataMs = 130_000;

/** OpenCost asks Prometheus over new connections, and has data of it. */
export async function openCostWorks(context: CheckContext, askers: Askers): Promise<void> {
  context.hint(
    async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which policy admits namespace opencost to prometheus-system?',
  );
  await queriesSucceed(context, askers);
  await dataIsFresh(context);
}

async function queriesSucceed(context: CheckContext, askers: Askers): Promise<void> {
  const { cluster, connect, control, observe, signal } = context;
  const from = sourcesOf(askersIn(askers, 'opencost'), 'opencost');
  const server = await livingPod(cluster, prometheusServer);
  const query: Destination = {
    name: 'the query `up` of Prometheus',
    target: { kind: 'http', url: `${prometheusUrl}/api/v1/query?query=up` },
  };
  const [outcomes = []] = await connect([
    reach({ from, to: query, status: 200 }),
    strangersAreDenied(context, askers, {
      name: "Prometheus's pod",
      target: { kind: 'tcp', host: await addressOf(context, server), port: server.port },
    }),
  ]);
  for (const [index, { name }] of from.entries()) {
    const outcome = outcomes[index];
    const series = outcome?.kind === 'answered' ? resultsIn(outcome.body).length : 0;
    observe({
      subject: `series in the answer to the query \`up\` of ${name}`,
      vantage: name,
      expected: 'some',
      saw: String(series),
      held: series > 0,
      ...lateIf(outcome !== undefined && mayBeLate(outcome)),
    });
  }
  const request = { method: 'GET', path: '/api/v1/query?query=conform_no_such_metric' } as const;
  const absent = await cluster.kubernetes.ask(server, request, signal);
  control(
    equal('series in the answer to a query for an absent metric', {
      vantage: "Prometheus's own pod",
      expected: '0',
      saw: String(resultsIn(absent.body).length),
    }),
  );
}

async function addressOf({ cluster }: CheckContext, { namespace, pod: name }: PodPort): Promise<string> {
  const { status } = await cluster.kubernetes.core.readNamespacedPod({ namespace, name });
  if (status?.podIP === undefined) throw new Error(`pod ${namespace}/${name} has no address`);
  return status.podIP;
}

async function dataIsFresh({ cluster, observe, signal }: CheckContext): Promise<void> {
  const exporter = await livingPod(cluster, opencostPods);
  // In steps of the scrape interval: at the usual ones of 5 min a pod that has been restarted would be missing for as long.
  const path = `/allocation?window=${newestData}&resolution=1m&aggregate=namespace&accumulate=true`;
  // A cluster that is young has no data yet.
  const came = await inTime(() =>
    until(`OpenCost to have data of the last ${newestData}`, { timeoutMs: firstDataMs, everyMs: 5000, signal }, async () => {
      const { status, body } = await cluster.kubernetes.ask(exporter, { method: 'GET', path }, signal);
      const namespaces = status === 200 ? allocatedIn(body) : [];
      if (namespaces.includes('opencost')) return { done: namespaces.join(', ') };
      return { notYet: `HTTP ${status}, ${namespaces.join(', ') || 'no namespace'}` };
    }),
  );
  observe({
    subject: `namespaces with cost in OpenCost's data of the last ${newestData}`,
    vantage: "OpenCost's own pod",
    expected: 'opencost among them',
    saw: came.kind === 'done' ? came.value : came.text,
    held: came.kind === 'done',
    ...lateIf(came.kind === 'late'),
  });
}

function resultsIn(body: string): unknown[] {
  const answer = JSON.parse(body) as { status?: string; data?: { result?: unknown[] } };
  return answer.status === 'success' ? (answer.data?.result ?? []) : [];
}

/** The namespaces that cost something, in the answer of /allocation. */
function allocatedIn(body: string): string[] {
  const { data } = JSON.parse(body) as { data?: (Record<string, { totalCost?: number }> | null)[] };
  return Object.entries(data?.[0] ?? {}).flatMap(([namespace, { totalCost = 0 }]) => (totalCost > 0 ? [namespace] : []));
}
