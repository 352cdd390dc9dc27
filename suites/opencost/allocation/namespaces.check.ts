import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../../guide/limits.ts';
import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { isLivingTenant } from '../../fixtures/living-tenants.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { check } from '../check.ts';
import { costApi, costsOf, onlySet } from '../cost-api.ts';
import { sceneDeadlineMs, windowOver } from '../cost-scene.ts';
import { controlEntries, isOfRun, judgedSet } from '../judged.ts';
import { figure, near } from '../money.ts';
import { requirements } from '../requirements.ts';
import { windowText } from '../windows.ts';

const { namespaceCostMs, firstCostMs } = promised.opencost;

/** Namespaces, those of runs left out, with a pod that requests something and has run for so long. */
function chargeable(pods: readonly V1Pod[], sinceMs: number): string[] {
  const asks = ({ spec }: V1Pod): boolean =>
    (spec?.containers ?? []).some(({ resources }) =>
      Object.keys(resources?.requests ?? {}).some((name) => name === 'cpu' || name === 'memory'),
    );
  const runs = ({ metadata, status }: V1Pod): boolean =>
    status?.phase === 'Running' &&
    metadata?.deletionTimestamp === undefined &&
    (status.startTime?.getTime() ?? Number.POSITIVE_INFINITY) < sinceMs;
  const found = pods.filter((pod) => asks(pod) && runs(pod) && !isOfRun(pod.metadata)).map(({ metadata }) => metadata?.namespace ?? '');
  return [...new Set(found)].toSorted();
}

check(
  requirements['COST-NS-NONZERO'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(async () => 'kube_pod_container_status_running and container_cpu_allocation of that namespace in Prometheus');
    const empty = `conform-empty-${nonce()}`;
    await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: empty } });
    const { core } = cluster.kubernetes;
    const options = { timeoutMs: namespaceCostMs + 60_000, everyMs: 5000, signal };
    const namespaces = await until(`a namespace whose pods have run for ${namespaceCostMs / 1000} s`, options, async () => {
      const found = chargeable((await core.listPodForAllNamespaces()).items, Date.now() - namespaceCostMs);
      return found.length > 0 ? { done: found } : { notYet: 'none' };
    });
    const api = await costApi(context);
    const set = await judgedSet(context, api, { window: '24h', aggregate: 'namespace' });
    const { vantage } = api;
    const free = namespaces.filter((name) => !((set.get(name)?.totalCost ?? 0) > 0));
    observe(noneOf(`namespaces without a cost above 0, of ${namespaces.length}`, { saw: free, vantage }));
    const unused = namespaces.filter((name) => !((set.get(name)?.cpuCost ?? 0) > 0 || (set.get(name)?.ramCost ?? 0) > 0));
    observe(noneOf('namespaces of which neither processor nor memory is charged', { saw: unused, vantage }));
    control(equal('entry of an empty namespace', { expected: 'none', saw: set.has(empty) ? 'there' : 'none', vantage }));
  },
  { deadlineMs: namespaceCostMs + 300_000 },
);

check(
  requirements['COST-TENANT-NONZERO'],
  async (context, { scene }) => {
    const { cluster, observe, hint } = context;
    hint(async () => 'the label namespace of kube_pod_container_status_running: is it that of the tenant?');
    const { one, three } = scene;
    const { core } = cluster.kubernetes;
    await windowOver(scene.window, context);
    const api = await costApi(context);
    const { vantage } = api;
    const asked = { window: windowText(scene.window), resolution: '1m' };
    const set = await judgedSet(context, api, { ...asked, aggregate: 'namespace' }, (found) => found.has(one) && found.has(three));
    const [small, large] = [set.get(one)?.totalCost, set.get(three)?.totalCost];
    observe(
      near('cost of a tenant with three times the load, as a multiple of the other one', {
        vantage,
        expected: 3,
        saw: small === undefined || large === undefined ? undefined : large / small,
        tolerance: 0.05 * 3,
      }),
    );
    const pods = await judgedSet(context, api, { ...asked, aggregate: 'namespace,pod' });
    const foreign = [...pods.keys()].filter(
      (name) =>
        (name.startsWith(`${one}/`) && !name.startsWith(`${one}/lone-`)) ||
        (name.startsWith(`${three}/`) && !/\/(single|double)-/.test(name)),
    );
    observe(noneOf('pods under one of the two tenants that are not its own', { saw: foreign, vantage }));
    const [{ items: namespaces }, { items }] = await Promise.all([core.listNamespace(), core.listPodForAllNamespaces()]);
    const running = chargeable(items, Date.now() - namespaceCostMs);
    const living = namespaces
      .filter(isLivingTenant)
      .map(({ metadata }) => metadata?.name ?? '')
      .filter((name) => running.includes(name));
    const day = await judgedSet(context, api, { window: '24h', aggregate: 'namespace' });
    observe(
      noneOf(`tenants that run something and cost nothing, of ${living.length}`, {
        saw: living.filter((name) => !((day.get(name)?.totalCost ?? 0) > 0)),
        vantage,
      }),
    );
    await controlStopped(context, { api, namespace: one });
  },
  { deadlineMs: sceneDeadlineMs + 600_000 },
);

/** A tenant that stopped has no cost in a window after that: its series end with the next scrape, a minute later at most. */
async function controlStopped(
  { cluster, changes, control, signal }: CheckContext,
  { api, namespace }: { readonly api: Awaited<ReturnType<typeof costApi>>; readonly namespace: string },
): Promise<void> {
  await changes.patch({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'lone', namespace } }, { spec: { replicas: 0 } });
  await until('the pods of a tenant to stop', { timeoutMs: 60_000, everyMs: 1000, signal }, async () => {
    const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace });
    return items.length === 0 ? { done: undefined } : { notYet: String(items.length) };
  });
  await delay(4 * 60_000, undefined, { signal });
  const end = Math.floor(Date.now() / 60_000) * 60_000;
  const window = windowText({ start: new Date(end - 2 * 60_000), end: new Date(end) });
  const after = onlySet(await api.allocations({ window, aggregate: 'namespace', accumulate: 'true', resolution: '1m' }));
  control(
    equal('entry of a tenant whose pods stopped, in a window after that', {
      expected: 'none',
      saw: after.has(namespace) ? figure(after.get(namespace)?.totalCost ?? 0) : 'none',
      vantage: api.vantage,
    }),
  );
}

check(
  requirements['COST-REAL-TIME'],
  async (context) => {
    const { changes, observe, control, hint, signal } = context;
    hint(async () => 'kubectl -n prometheus-system get pods; the targets of Prometheus: are kube-state-metrics and OpenCost up?');
    const namespace = `conform-new-${nonce()}`;
    const api = await costApi(context);
    const { vantage } = api;
    const asked = { window: '1h', aggregate: 'namespace', accumulate: 'true', resolution: '1m' };
    const before = await costsOf(context, api, asked);
    control(
      equal('entry of a namespace before it is made', {
        expected: 'none',
        saw: before.kind === 'sets' && before.sets[0]?.has(namespace) === true ? 'there' : 'none',
        vantage,
      }),
    );
    await changes.createFrom(`${import.meta.dirname}/new-namespace.yaml`, { NAMESPACE: namespace });
    const startedAt = Date.now();
    const came = await inTime(() =>
      until('a cost of the new namespace', { timeoutMs: firstCostMs, everyMs: 5000, signal }, async () => {
        const answer = await api.allocations(asked);
        const cost = answer.kind === 'sets' ? answer.sets[0]?.get(namespace)?.totalCost : undefined;
        return cost !== undefined && cost > 0
          ? { done: Date.now() - startedAt }
          : { notYet: answer.kind === 'sets' ? `${cost ?? 'no entry'}` : answer.text };
      }),
    );
    observe({
      subject: 'first cost of a pod in a new namespace',
      vantage,
      expected: `within ${firstCostMs / 1000} s`,
      saw: came.kind === 'done' ? `after ${Math.round(came.value / 1000)} s` : came.text,
      held: came.kind === 'done',
      ...lateIf(came.kind === 'late'),
    });
  },
  { deadlineMs: firstCostMs + 120_000 },
);

check(
  requirements['COST-API-EFFICIENCY'],
  async (context, { scene }) => {
    const { observe, control, hint } = context;
    hint(async () => 'container_cpu_usage_seconds_total and container_memory_working_set_bytes of these pods in Prometheus');
    await windowOver(scene.window, context);
    const api = await costApi(context);
    const { vantage } = api;
    const asked = { window: windowText(scene.window), resolution: '1m' };
    const pods = await judgedSet(context, api, { ...asked, aggregate: 'namespace,pod' }, (set) => set.has(`${scene.probes}/busy`));
    const of = (name: string) => pods.get(`${scene.probes}/${name}`);
    observe(
      near('CPU efficiency of a pod that uses half of its request', {
        vantage,
        expected: 0.5,
        saw: of('busy')?.cpuEfficiency ?? undefined,
        tolerance: 0.05,
      }),
    );
    observe(
      near('RAM efficiency of a pod that holds half of its request', {
        vantage,
        expected: 0.5,
        saw: of('memory')?.ramEfficiency ?? undefined,
        tolerance: 0.05,
      }),
    );
    const namespaces = await judgedSet(context, api, { ...asked, aggregate: 'namespace' });
    const none = [...namespaces].filter(
      ([, { cpuEfficiency, ramEfficiency }]) => typeof cpuEfficiency !== 'number' || typeof ramEfficiency !== 'number',
    );
    observe(noneOf('namespaces without an efficiency', { saw: none.map(([name]) => name), vantage }));
    const idle = of('half')?.cpuEfficiency;
    control({
      subject: 'CPU efficiency of an idle pod',
      vantage,
      expected: 'less than 0.05',
      saw: String(idle),
      held: typeof idle === 'number' && idle < 0.05,
    });
  },
  { deadlineMs: sceneDeadlineMs },
);

check(
  requirements['COST-API-BY-POD'],
  async (context, { scene: { probes } }) => {
    const { observe, control, hint } = context;
    hint(async () => 'the label pod of kube_pod_container_status_running in Prometheus');
    const api = await costApi(context);
    const { vantage } = api;
    const asked = { window: '1h', resolution: '1m' };
    const placed = await judgedSet(
      context,
      api,
      { ...asked, aggregate: 'namespace,pod' },
      (set) => (set.get(`${probes}/whole`)?.totalCost ?? 0) > 0,
    );
    const cost = placed.get(`${probes}/whole`)?.totalCost ?? 0;
    observe({ subject: 'cost of a pod by namespace and pod', vantage, expected: 'more than 0', saw: figure(cost), held: cost > 0 });
    const pods = await judgedSet(context, api, { ...asked, aggregate: 'pod' });
    const alone = pods.get('whole')?.totalCost ?? 0;
    observe({ subject: 'cost of the same pod by pod', vantage, expected: 'more than 0', saw: figure(alone), held: alone > 0 });
    control(equal('entry of a pod that never was', { expected: 'none', saw: pods.has('conform-never-was') ? 'there' : 'none', vantage }));
  },
  { deadlineMs: 420_000 },
);

check(
  requirements['COST-API-BY-LABEL'],
  async (context, { scene }) => {
    const { observe, hint } = context;
    hint(async () => 'kube_pod_labels of these pods in Prometheus: has it label_conform_team?');
    await windowOver(scene.window, context);
    const api = await costApi(context);
    const { vantage } = api;
    const { single, double } = scene.teams;
    const set = await judgedSet(
      context,
      api,
      { window: windowText(scene.window), aggregate: 'label:conform-team', resolution: '1m' },
      (found) => found.has(single),
    );
    const [one, two] = [set.get(single)?.totalCost, set.get(double)?.totalCost];
    observe(
      near('cost by label of a pod that requests twice as much, as a multiple of the other one', {
        vantage,
        expected: 2,
        saw: one === undefined || two === undefined ? undefined : two / one,
        tolerance: 0.1,
      }),
    );
    const others = [...set].filter(([name]) => name.includes('__unallocated__'));
    controlEntries(context, set, {
      subject: 'entry of pods without that label',
      vantage,
      expected: '__unallocated__',
      saw: others.map(([name]) => name).join(', ') || 'none',
      held: others.length > 0,
    });
  },
  { deadlineMs: sceneDeadlineMs },
);
