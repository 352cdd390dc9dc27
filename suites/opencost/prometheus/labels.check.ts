import { promised } from '../../../guide/limits.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Prometheus, type Sample, atPrometheus, prometheusOf } from '../../../harness/platform/prometheus/prometheus.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { check } from '../check.ts';
import { sceneDeadlineMs, windowOver } from '../cost-scene.ts';
import { near } from '../money.ts';
import { requirements } from '../requirements.ts';

const { podKnownMs, podForgottenMs } = promised.opencost;
const vantage = atPrometheus;

/** OpenCost tells the same metric of its own; what counts here is that of kube-state-metrics. */
const requests = (namespace: string, pod: string): string =>
  `kube_pod_container_resource_requests{job="kubernetes-service-endpoints",namespace="${namespace}",pod="${pod}"}`;

/** A request with the labels that cost needs, in words. */
function requestText({ labels, value }: Sample): string {
  const { resource, unit, container, node } = labels;
  return `${resource} ${value} ${unit} of ${container} on ${node}`;
}

check(
  requirements['COST-KSM-LABELLED'],
  async (context, { neutral: { namespace } }) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n prometheus-system logs deployment/prometheus-kube-state-metrics; honor_labels of the job kubernetes-service-endpoints',
    );
    const { core } = cluster.kubernetes;
    const prometheus = await prometheusOf(cluster, signal);
    const pod = `conform-labelled-${nonce()}`;
    await changes.createFrom(`${import.meta.dirname}/labelled-pod.yaml`, { NAME: pod, NAMESPACE: namespace });
    const came = await inTime(() => series(context, prometheus, { expression: requests(namespace, pod), count: 2, withinMs: podKnownMs }));
    const { spec } = await core.readNamespacedPod({ namespace, name: pod });
    const node = spec?.nodeName ?? 'no node';
    observe({
      ...equal('requests of a new pod', {
        expected: [`cpu 0.01 core of labelled on ${node}`, `memory ${16 * 1024 ** 2} byte of labelled on ${node}`],
        saw: came.kind === 'done' ? came.value.map(requestText) : came.text,
        vantage,
      }),
      ...lateIf(came.kind === 'late' && came.text.includes('last 0 series')),
    });
    const nobody = await prometheus.query(requests(namespace, `${pod}-that-is-not-there`));
    control(equal('series of a pod that never was', { expected: '0', saw: String(nobody.length), vantage }));
    if (came.kind === 'late') return;
    await core.deleteNamespacedPod({ namespace, name: pod, gracePeriodSeconds: 0 });
    const gone = await inTime(() =>
      series(context, prometheus, { expression: requests(namespace, pod), count: 0, withinMs: podForgottenMs }),
    );
    observe({
      subject: 'series of that pod after it is gone',
      vantage,
      expected: `none within ${podForgottenMs / 1000} s`,
      saw: gone.kind === 'done' ? 'none' : gone.text,
      held: gone.kind === 'done',
      ...lateIf(gone.kind === 'late'),
    });
  },
  { deadlineMs: 600_000 },
);

/** Waits until a query has so many series. */
async function series(
  { signal }: Pick<CheckContext, 'signal'>,
  prometheus: Prometheus,
  { expression, count, withinMs }: { readonly expression: string; readonly count: number; readonly withinMs: number },
): Promise<Sample[]> {
  return until(`${count} series of ${expression}`, { timeoutMs: withinMs, everyMs: 5000, signal }, async () => {
    const found = await prometheus.query(expression);
    return found.length === count ? { done: found } : { notYet: `${found.length} series` };
  });
}

/** What the busy container of cost-scene.yaml may use, and 10 % for the scrape's edges. */
const busyCores = 0.2;

check(
  requirements['COST-CADVISOR-LABELLED'],
  async ({ cluster, observe, control, hint, signal }, { scene }) => {
    hint(async () => 'kubectl get --raw /api/v1/nodes/w01/proxy/metrics/cadvisor: have its series namespace, pod and container?');
    await windowOver(scene.window, { signal });
    const prometheus = await prometheusOf(cluster, signal);
    const of = (container: string): string => `namespace="${scene.probes}",pod="busy",container="${container}"`;
    const rate = (container: string): string => `rate(container_cpu_usage_seconds_total{${of(container)}}[5m])`;
    const [memory, busy, idle, instances, { spec }, { items }] = await Promise.all([
      prometheus.query(`container_memory_working_set_bytes{${of('busy')}}`),
      prometheus.query(rate('busy')),
      prometheus.query(rate('idle')),
      prometheus.query('count by (instance) (container_memory_working_set_bytes{namespace!="",pod!="",container!=""})'),
      cluster.kubernetes.core.readNamespacedPod({ namespace: scene.probes, name: 'busy' }),
      cluster.kubernetes.core.listNode(),
    ]);
    observe(
      equal('nodes with the usage of labelled containers', {
        expected: items.map(({ metadata }) => metadata?.name ?? ''),
        saw: instances.map(({ labels }) => labels['instance'] ?? 'unnamed'),
        vantage,
      }),
    );
    observe(
      near(`processor time of a container that takes all of its ${busyCores}`, {
        vantage,
        expected: busyCores,
        saw: busy[0]?.value,
        tolerance: 0.1 * busyCores,
      }),
    );
    observe(equal('its node', { expected: spec?.nodeName ?? '', saw: busy[0]?.labels['instance'] ?? 'none', vantage }));
    const bytes = memory[0]?.value ?? 0;
    observe({ subject: 'its memory', vantage, expected: 'some', saw: `${bytes} bytes`, held: bytes > 0 });
    const idleCores = idle[0]?.value;
    control({
      subject: 'processor time of the idle container beside it',
      vantage,
      expected: 'less than 0.02',
      saw: idleCores === undefined ? 'none' : idleCores.toFixed(4),
      held: idleCores !== undefined && idleCores < 0.02,
    });
  },
  { deadlineMs: sceneDeadlineMs },
);
