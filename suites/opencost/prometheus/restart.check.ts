import { promised } from '../../../guide/limits.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { type Range, atPrometheus, prometheusOf } from '../../../harness/platform/prometheus/prometheus.ts';
import { prometheusServer } from '../../../harness/platform/prometheus/targets.ts';
import { anotherPod } from '../another-pod.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';

const { readyMs } = promised.opencost;
const { namespace, selector } = prometheusServer;
/** Prices, which OpenCost tells, and what Prometheus tells of itself. */
const remembered = '{__name__=~"node_cpu_hourly_cost|prometheus_tsdb_head_series|up"}';
const [rangeSeconds, endedSeconds] = [600, 120];

check(
  requirements['COST-PROM-RESTART'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(async () => `kubectl -n ${namespace} describe pods: is the volume attached to the new node, and mounted at /data?`);
    const { core } = cluster.kubernetes;
    const pods = (await core.listNamespacedPod({ namespace, labelSelector: selector })).items;
    const [before] = pods;
    const node = before?.spec?.nodeName ?? '';
    const to = Math.floor(Date.now() / 60_000) * 60 - endedSeconds;
    const range = { from: to - rangeSeconds, to, step: 60 };
    const values = await (await prometheusOf(cluster, signal)).queryRange(remembered, range);
    control({
      subject: 'series that are remembered',
      vantage: atPrometheus,
      expected: 'some',
      saw: String(values.length),
      held: values.length > 0,
    });
    await changes.patch({ apiVersion: 'v1', kind: 'Node', metadata: { name: node } }, { spec: { unschedulable: true } });
    await core.deleteNamespacedPod({ namespace, name: before?.metadata?.name ?? '' });
    const came = await anotherPod(context, { of: 'Prometheus', pods: prometheusServer, before: pods });
    if (came === undefined) return;
    control({
      subject: 'node of the new pod',
      vantage: atApi,
      expected: `another than ${node}`,
      saw: came.spec?.nodeName ?? 'none',
      held: came.spec?.nodeName !== undefined && came.spec.nodeName !== node,
    });
    const again = await (await prometheusOf(cluster, signal)).queryRange(remembered, range);
    observe(noneOf('remembered values that are gone or others', { saw: changed(values, again), vantage: atPrometheus }));
    observe(equal('remembered series', { expected: String(values.length), saw: String(again.length), vantage: atPrometheus }));
  },
  { changes: ['prometheus'], deadlineMs: readyMs + 180_000 },
);

/** Series whose values are not the same, by their labels. */
function changed(before: readonly Range[], after: readonly Range[]): string[] {
  const values = new Map(after.map((each) => [JSON.stringify(each.labels), JSON.stringify(each.values)]));
  return before.flatMap(({ labels, values: old }) => {
    const key = JSON.stringify(labels);
    return values.get(key) === JSON.stringify(old) ? [] : [key];
  });
}
