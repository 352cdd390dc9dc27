import { setTimeout as delay } from 'node:timers/promises';
import { promised } from '../../../guide/limits.ts';
import { atApi, equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type ScrapeJob, atPrometheus, prometheusOf } from '../../../harness/platform/prometheus/prometheus.ts';
import { type PrometheusTarget, isLate, targetsOf } from '../../../harness/platform/prometheus/targets.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';

const { scrapeAgeMs, betweenReadingsMs } = promised.opencost;
const vantage = atPrometheus;

/** The job as the guide's values have it (OpenCost, extraScrapeConfigs), in words. */
const documentedJob = 'dns opencost.opencost A 9003, http /metrics, every 1m, time-out 10s, labels honoured';

function jobText(job: ScrapeJob | undefined): string {
  if (job === undefined) return 'no such job';
  const { dns_sd_configs: names = [], scheme = 'http', metrics_path: path = '/metrics', honor_labels: honours = false } = job;
  const of = names.map((each) => `dns ${each.names.join(' ')} ${each.type ?? 'SRV'} ${each.port ?? ''}`.trim()).join(' and ');
  return `${of}, ${scheme} ${path}, every ${job.scrape_interval}, time-out ${job.scrape_timeout}, labels ${honours ? 'honoured' : 'not honoured'}`;
}

/** Found by the annotations of Services: kube-state-metrics, whose pods have namespaces of their own, is among them. */
const endpointsJob = 'kubernetes-service-endpoints';

check(requirements['COST-PROM-SCRAPE-OPENCOST'], async ({ cluster, observe, control, hint, signal }) => {
  hint(
    async () =>
      'kubectl -n prometheus-system get configmap prometheus-server -o yaml: honor_labels of the jobs opencost and kubernetes-service-endpoints',
  );
  const prometheus = await prometheusOf(cluster, signal);
  const [jobs, targets, scrapes, nodes, { items }] = await Promise.all([
    prometheus.jobs(),
    targetsOf(cluster, prometheus.pod, signal),
    prometheus.query('time() - timestamp(up{job="opencost"})'),
    prometheus.query('count(count by (node) (node_cpu_hourly_cost{job="opencost"}))'),
    cluster.kubernetes.core.listNode(),
  ]);
  observe(equal('job opencost', { expected: documentedJob, saw: jobText(jobs.find(({ job_name }) => job_name === 'opencost')), vantage }));
  const honours = jobs.find(({ job_name }) => job_name === endpointsJob)?.honor_labels;
  observe(equal(`labels of ${endpointsJob}`, { expected: 'honoured', saw: honours === true ? 'honoured' : 'not honoured', vantage }));
  const own = targets.filter(({ job }) => job === 'opencost');
  observe(equal('targets of the job opencost', { expected: ['up'], saw: own.map(({ health }) => health), vantage }));
  const [age] = scrapes;
  observe({
    subject: 'age of the last scrape of OpenCost',
    vantage,
    expected: `at most ${scrapeAgeMs / 1000} s`,
    saw: age === undefined ? 'none' : `${age.value.toFixed(0)} s`,
    held: age !== undefined && age.value * 1000 <= scrapeAgeMs,
    ...lateIf(age === undefined),
  });
  observe(equal('nodes with a price of OpenCost', { expected: String(items.length), saw: String(nodes[0]?.value ?? 0), vantage }));
  const others = targets.filter(({ job, health }) => job === 'prometheus' && health === 'up');
  control(equal('targets of the job prometheus that are up in the same answer', { expected: '1', saw: String(others.length), vantage }));
});

/** Jobs of the chart that find something in every cluster, and whether they find each node. */
const standingJobs = [
  { name: 'prometheus', isOfNodes: false },
  { name: 'kubernetes-api-servers', isOfNodes: false },
  { name: 'kubernetes-nodes', isOfNodes: true },
  { name: 'kubernetes-nodes-cadvisor', isOfNodes: true },
  { name: endpointsJob, isOfNodes: false },
  { name: 'opencost', isOfNodes: false },
] as const;

check(
  requirements['COST-PROM-TARGETS'],
  async (context) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n prometheus-system port-forward deployment/prometheus-server 9090, then /targets: the error of each that is down',
    );
    const prometheus = await prometheusOf(cluster, signal);
    const first = await targetsOf(cluster, prometheus.pod, signal);
    await delay(betweenReadingsMs, undefined, { signal });
    const second = await targetsOf(cluster, prometheus.pod, signal);
    const { items } = await cluster.kubernetes.core.listNode();
    for (const { name, isOfNodes } of standingJobs) {
      const count = second.filter(({ job }) => job === name).length;
      observe({
        subject: `targets of the job ${name}`,
        vantage,
        expected: isOfNodes ? String(items.length) : 'one at least',
        saw: String(count),
        held: isOfNodes ? count === items.length : count > 0,
      });
    }
    for (const [reading, targets] of [
      ['first', first],
      ['second', second],
    ] as const)
      observeUp(context, reading, targets);
    const dropped = await prometheus.droppedTargets();
    control({
      subject: 'targets that discovery found and no job takes',
      vantage,
      expected: 'some',
      saw: String(dropped),
      held: dropped > 0,
    });
  },
  { uses: ['prometheus'], deadlineMs: 240_000 },
);

function observeUp({ observe }: Pick<CheckContext, 'observe'>, reading: string, targets: readonly PrometheusTarget[]): void {
  const notUp = targets.filter(({ health }) => health !== 'up');
  observe({
    ...noneOf(`targets that are not up, in the ${reading} reading`, {
      saw: notUp.map(({ name, health, error }) => `${name} ${health} ${error}`.trim()),
      vantage,
    }),
    ...lateIf(notUp.length > 0 && notUp.every(isLate)),
  });
}

check(requirements['COST-NODE-EXPORTER'], async ({ cluster, observe, control, hint, signal }) => {
  const namespace = 'prometheus-system';
  const { core, apps } = cluster.kubernetes;
  hint(async () => {
    const { items } = await core.listNamespacedEvent({ namespace, fieldSelector: 'reason=FailedCreate' });
    return (
      items.map(({ message }) => message ?? '').at(-1) ?? `kubectl -n ${namespace} describe daemonset prometheus-prometheus-node-exporter`
    );
  });
  const prometheus = await prometheusOf(cluster, signal);
  const [{ items: daemons }, { items: nodes }, instances, { items: pods }] = await Promise.all([
    apps.listNamespacedDaemonSet({ namespace, labelSelector: 'app.kubernetes.io/name=prometheus-node-exporter' }),
    core.listNode(),
    prometheus.query('count by (node) (node_cpu_seconds_total)'),
    core.listNamespacedPod({ namespace }),
  ]);
  const names = nodes.map(({ metadata }) => metadata?.name ?? '');
  const status = daemons[0]?.status;
  observe({
    subject: 'ready pods of the node metrics agent',
    vantage: atApi,
    expected: `${names.length} of ${names.length}`,
    saw: status === undefined ? 'no such DaemonSet' : `${status.numberReady} of ${status.desiredNumberScheduled}`,
    held: status?.numberReady === names.length && status.desiredNumberScheduled === names.length,
  });
  observe(
    equal('nodes with metrics of the agent', { expected: names, saw: instances.map(({ labels }) => labels['node'] ?? 'unnamed'), vantage }),
  );
  const others = ['prometheus', 'kube-state-metrics'];
  const labels = pods.map(({ metadata }) => metadata?.labels?.['app.kubernetes.io/name']);
  control(equal('parts of the same release that run', { expected: others, saw: others.filter((each) => labels.includes(each)) }));
});
