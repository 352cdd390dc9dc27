import { promised } from '../../../guide/limits.ts';
import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Alert, type Prometheus, atPrometheus, prometheusOf } from '../../../harness/platform/prometheus/prometheus.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';

const { alertPendingMs, alertFiringMs } = promised.opencost;
const vantage = atPrometheus;
/** A rule is evaluated and kube-state-metrics is scraped once a minute each. */
const twoIntervalsMs = 150_000;
const deadlineMs = alertFiringMs + 3 * twoIntervalsMs + 120_000;

/** Limits of 85 % and of 75 % of the quota of quota-tenant.yaml. */
const uses = { over: { cpu: '850m', memory: '870Mi' }, under: { cpu: '750m', memory: '768Mi' } } as const;

check(requirements['COST-ALERT-CPU-QUOTA'], (context) => alertIsRaised(context, 'TenantCPUQuotaHigh'), { deadlineMs });

check(requirements['COST-ALERT-MEMORY-QUOTA'], (context) => alertIsRaised(context, 'TenantMemoryQuotaHigh'), { deadlineMs });

/** An alert of a namespace is pending at once, fires after its time, says what it should, and is resolved when the load is gone. */
async function alertIsRaised(context: CheckContext, name: string): Promise<void> {
  const { cluster, changes, observe, hint, signal } = context;
  hint(async () => `the rule ${name} in Prometheus: do both sides of its division have the same labels but for type (E49)?`);
  const prometheus = await prometheusOf(cluster, signal);
  const [over, under] = [`canine-conform-${nonce()}`, `canine-conform-${nonce()}`];
  for (const [namespace, { cpu, memory }] of [
    [over, uses.over],
    [under, uses.under],
  ] as const)
    await changes.createFrom(`${import.meta.dirname}/quota-tenant.yaml`, { NAMESPACE: namespace, CPU: cpu, MEMORY: memory });
  const pending = await inTime(() => alertOf(context, prometheus, { name, namespace: over, state: 'pending', withinMs: twoIntervalsMs }));
  observe({
    subject: `${name} of a tenant at 85 %`,
    vantage,
    expected: `pending within ${twoIntervalsMs / 1000} s`,
    saw: pending.kind === 'done' ? 'pending' : pending.text,
    held: pending.kind === 'done',
    ...lateIf(pending.kind === 'late'),
  });
  if (pending.kind === 'late') return controlInactive(context, prometheus, { name, namespace: under });
  const since = Date.parse(pending.value.activeAt);
  const firing = await inTime(() => alertOf(context, prometheus, { name, namespace: over, state: 'firing', withinMs: alertFiringMs }));
  const afterMs = Date.now() - since;
  observe({
    subject: `${name} of that tenant, from its beginning`,
    vantage,
    expected: `firing after ${alertPendingMs / 1000} to ${alertFiringMs / 1000} s`,
    saw: firing.kind === 'done' ? `after ${Math.round(afterMs / 1000)} s` : firing.text,
    held: firing.kind === 'done' && afterMs >= alertPendingMs && afterMs <= alertFiringMs,
    ...lateIf(firing.kind === 'late'),
  });
  if (firing.kind === 'done') {
    const { labels, annotations } = firing.value;
    observe(equal('its severity', { expected: 'warning', saw: labels['severity'] ?? 'none', vantage }));
    observe({
      subject: 'its summary',
      vantage,
      expected: 'it names the namespace',
      saw: annotations['summary'] ?? 'none',
      held: annotations['summary']?.includes(over) === true,
    });
  }
  await controlInactive(context, prometheus, { name, namespace: under });
  await cluster.kubernetes.core.deleteNamespacedPod({ namespace: over, name: 'user', gracePeriodSeconds: 0 });
  const resolved = await inTime(() => alertOf(context, prometheus, { name, namespace: over, state: 'none', withinMs: twoIntervalsMs }));
  observe({
    subject: `${name} when the load is gone`,
    vantage,
    expected: `resolved within ${twoIntervalsMs / 1000} s`,
    saw: resolved.kind === 'done' ? 'resolved' : resolved.text,
    held: resolved.kind === 'done',
    ...lateIf(resolved.kind === 'late'),
  });
}

interface Awaited {
  readonly name: string;
  readonly namespace: string;
  /** `none`: there is no alert of that namespace. */
  readonly state: 'pending' | 'firing' | 'none';
  readonly withinMs: number;
}

const noAlert: Alert = { state: 'none', labels: {}, annotations: {}, activeAt: '' };

async function alertOf({ signal }: CheckContext, prometheus: Prometheus, { name, namespace, state, withinMs }: Awaited): Promise<Alert> {
  return until(`alert ${name} of ${namespace} to be ${state}`, { timeoutMs: withinMs, everyMs: 5000, signal }, async () => {
    const alert = await presentAlert(prometheus, { name, namespace });
    return alert.state === state ? { done: alert } : { notYet: alert.state };
  });
}

async function presentAlert(prometheus: Prometheus, { name, namespace }: Pick<Awaited, 'name' | 'namespace'>): Promise<Alert> {
  const rules = (await prometheus.alertingRules()).filter((rule) => rule.name === name);
  return rules.flatMap(({ alerts }) => alerts).find(({ labels }) => labels['namespace'] === namespace) ?? noAlert;
}

async function controlInactive({ control }: CheckContext, prometheus: Prometheus, of: Pick<Awaited, 'name' | 'namespace'>): Promise<void> {
  control(equal(`${of.name} of a tenant at 75 %`, { expected: 'none', saw: (await presentAlert(prometheus, of)).state, vantage }));
}

/** Metrics of cost that OpenCost tells (opencost, metrics.go). */
const costMetric = /\b(node_total_hourly_cost|node_(cpu|ram|gpu)_hourly_cost|pv_hourly_cost|kubecost_\w*cost)\b/;

check(requirements['COST-ALERT-COST'], async ({ cluster, observe, control, signal }) => {
  const prometheus = await prometheusOf(cluster, signal);
  const rules = await prometheus.alertingRules();
  const own = rules.filter(({ query }) => costMetric.test(query) && /[<>]=?\s*[\d.]+/.test(query));
  observe({
    subject: 'rules with a threshold on a metric of cost',
    vantage,
    expected: 'one at least',
    saw: own.map(({ name }) => name).join(', ') || 'none',
    held: own.length > 0,
  });
  for (const { name, query, duration, alerts } of own) {
    const holds = (await prometheus.query(query)).length > 0;
    observe(
      equal(`whether ${name} has an alert, as its expression says`, {
        expected: holds ? 'an alert' : 'none',
        saw: alerts.length > 0 ? 'an alert' : 'none',
        vantage,
      }),
    );
    const overdue = alerts.filter(
      ({ state, activeAt }) => state !== 'firing' && Date.now() - Date.parse(activeAt) > duration * 1000 + twoIntervalsMs,
    );
    observe(noneOf(`alerts of ${name} that should fire by now`, { saw: overdue.map(({ activeAt }) => activeAt), vantage }));
  }
  const cost = await prometheus.query('sum(node_total_hourly_cost)');
  control({
    subject: 'cost of all nodes an hour, by which such a rule would be decided',
    vantage,
    expected: 'more than 0',
    saw: String(cost[0]?.value ?? 'none'),
    held: (cost[0]?.value ?? 0) > 0,
  });
});

check(requirements['COST-ALERT-DELIVERED'], async ({ cluster, observe, control, signal }) => {
  const prometheus = await prometheusOf(cluster, signal);
  const receivers = await prometheus.alertmanagers();
  observe({
    subject: 'receivers of alerts that Prometheus knows',
    vantage,
    expected: 'one at least',
    saw: receivers.join(', ') || 'none',
    held: receivers.length > 0,
  });
  const [[sent], [failed], [told]] = await Promise.all([
    prometheus.query('sum(prometheus_notifications_sent_total)'),
    prometheus.query('sum(prometheus_notifications_errors_total) + sum(prometheus_notifications_dropped_total)'),
    prometheus.query('count(prometheus_build_info)'),
  ]);
  observe({ subject: 'alerts that were sent', vantage, expected: 'some', saw: String(sent?.value ?? 0), held: (sent?.value ?? 0) > 0 });
  observe(equal('alerts that could not be sent', { expected: '0', saw: String(failed?.value ?? 0), vantage }));
  control(equal('metrics of Prometheus about itself', { expected: '1', saw: String(told?.value ?? 0), vantage }));
});
