import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { sumOf } from '../../../harness/platform/opencost/allocation.ts';
import { assetNames, assetsIn } from '../../../harness/platform/opencost/assets.ts';
import { check } from '../check.ts';
import { costApi } from '../cost-api.ts';
import { sceneDeadlineMs, windowOver } from '../cost-scene.ts';
import { atWorkstation } from '../../isolation/provisioning/guide-script.ts';
import { documentsIn, endsWell, guideCommand, runCommand } from '../guide-command.ts';
import { controlEntries, judgedSet, judgedSets, refusesBadWindow } from '../judged.ts';
import { figure, near, scrapedTolerance } from '../money.ts';
import { requirements } from '../requirements.ts';
import { gaps, instantText, lastDays, windowText } from '../windows.ts';

const atReader = atWorkstation;

interface NamespaceLine {
  readonly namespace: string;
  readonly totalCost: unknown;
}

check(requirements['COST-API-NS-7D'], async (context) => {
  const { cluster, observe, hint } = context;
  hint(async () => 'the same request with curl -i: its code, and the number of sets in data');
  const api = await costApi(context);
  const set = await judgedSet(context, api, { window: '7d', aggregate: 'namespace', resolution: '1m' });
  const [entry] = set.values();
  const expected = windowText(lastDays(new Date(), 7));
  observe(
    equal('window of the answer', {
      expected,
      saw: entry === undefined ? 'none' : `${entry.window.start},${entry.window.end}`,
      vantage: api.vantage,
    }),
  );
  const run = await runCommand(context, await guideCommand('namespaces-7d', cluster.descriptor.profile));
  observe(endsWell('the documented request', run));
  const lines = run.code === 0 ? (documentsIn(run.stdout) as NamespaceLine[]) : [];
  observe({ subject: 'namespaces that it prints', vantage: atReader, expected: 'some', saw: String(lines.length), held: lines.length > 0 });
  observe(
    noneOf('namespaces that it prints without a number', {
      saw: lines.filter(({ totalCost }) => typeof totalCost !== 'number').map(({ namespace }) => namespace),
      vantage: atReader,
    }),
  );
  const missing = [...set.keys()].filter((name) => !lines.some(({ namespace }) => namespace === name));
  observe(noneOf('namespaces of the answer that it does not print', { saw: missing, vantage: atReader }));
  await refusesBadWindow(context, api);
});

check(requirements['COST-API-HOURLY-24H'], async (context) => {
  const { observe, control, hint } = context;
  hint(async () => '/allocation?window=24h&step=1h&aggregate=namespace: the number of sets, and the window of each');
  const api = await costApi(context);
  const { vantage } = api;
  const now = new Date();
  const sets = await judgedSets(context, api, { window: '24h', step: '1h', aggregate: 'namespace', resolution: '1m' });
  observe(equal('sets of one hour', { expected: '24', saw: String(sets.length), vantage }));
  const hourMs = 3_600_000;
  const end = Math.floor(now.getTime() / hourMs) * hourMs + hourMs;
  const windows = sets.flatMap((set, index) => {
    const [entry] = set.values();
    return entry === undefined ? [] : [{ index, start: new Date(entry.window.start), end: new Date(entry.window.end) }];
  });
  const elsewhere = windows.filter(({ index, start }) => start.getTime() !== end - (24 - index) * hourMs);
  observe(
    noneOf('sets with costs that are not of their hour', {
      saw: elsewhere.map(({ index, start }) => `${index}: ${instantText(start)}`),
      vantage,
    }),
  );
  observe(noneOf('sets with costs that are not one hour, or do not follow each other', { saw: gaps(windows, 60), vantage }));
  const coarse = await api.allocations({ window: '24h', step: '6h', aggregate: 'namespace' });
  control(equal('sets of six hours', { expected: '4', saw: coarse.kind === 'sets' ? String(coarse.sets.length) : coarse.text, vantage }));
});

check(
  requirements['COST-API-TENANT-30D'],
  async (context, { scene: { one: tenant } }) => {
    const { cluster, observe, hint } = context;
    hint(async () => 'filter in /allocation: does this release read it (E80)?');
    const api = await costApi(context);
    const all = await judgedSet(context, api, { window: '30d', aggregate: 'namespace' }, (set) => set.has(tenant));
    const command = await guideCommand('tenant-30d', cluster.descriptor.profile);
    const run = await runCommand(context, command, { TENANT: tenant });
    observe(endsWell('the documented request for a tenant', run));
    const [told] = run.code === 0 ? (documentsIn(run.stdout) as (Readonly<Record<string, { totalCost?: number }>> | null)[]) : [];
    observe(equal('namespaces in its answer', { expected: [tenant], saw: Object.keys(told ?? {}), vantage: atReader }));
    const expected = all.get(tenant)?.totalCost ?? 0;
    observe(
      near('cost of the tenant, against the answer for all', {
        vantage: atReader,
        expected,
        saw: told?.[tenant]?.totalCost,
        tolerance: scrapedTolerance(expected, 2) + 0.25 * expected,
      }),
    );
    const nobody = await runCommand(context, command, { TENANT: 'canine-conform-nobody' });
    const [none] = nobody.code === 0 ? (documentsIn(nobody.stdout) as (object | null)[]) : [];
    observe(
      equal('namespaces in the answer for a tenant that is not there', { expected: [], saw: Object.keys(none ?? {}), vantage: atReader }),
    );
    controlEntries(context, all, {
      subject: 'namespaces in the answer for all',
      vantage: api.vantage,
      expected: 'two at least',
      saw: String(all.size),
      held: all.size >= 2,
    });
  },
  { deadlineMs: 420_000 },
);

interface DeploymentLine {
  readonly deployment: string;
  readonly totalCost: number;
}

check(
  requirements['COST-API-DEPLOYMENT-7D'],
  async (context, { scene }) => {
    const { cluster, observe, hint } = context;
    hint(async () => 'kube_pod_owner and kube_replicaset_owner in Prometheus; filter in /allocation (E80)');
    await windowOver(scene.window, context);
    const api = await costApi(context);
    const all = await judgedSet(context, api, { window: '7d', aggregate: 'namespace' }, (set) => set.has(scene.three));
    const run = await runCommand(context, await guideCommand('deployments-7d', cluster.descriptor.profile), { TENANT: scene.three });
    observe(endsWell('the documented request for the Deployments of a tenant', run));
    const lines = run.code === 0 ? (documentsIn(run.stdout) as DeploymentLine[]) : [];
    const own = lines.filter(({ deployment }) => !deployment.includes('__unallocated__'));
    observe(
      equal('Deployments in its answer', {
        expected: ['single', 'double'],
        saw: own.map(({ deployment }) => deployment),
        vantage: atReader,
      }),
    );
    const costOf = (name: string): number | undefined => own.find(({ deployment }) => deployment === name)?.totalCost;
    const [single, double] = [costOf('single'), costOf('double')];
    observe(
      near('cost of the larger one, as a multiple of the smaller one', {
        vantage: atReader,
        expected: 2,
        saw: single === undefined || double === undefined ? undefined : double / single,
        tolerance: 0.1,
      }),
    );
    const sum = own.reduce((total, { totalCost }) => total + totalCost, 0);
    const expected = all.get(scene.three)?.totalCost ?? 0;
    observe(
      near('sum of both, against the tenant', {
        vantage: atReader,
        expected,
        saw: sum,
        tolerance: scrapedTolerance(expected, 3) + 0.1 * expected,
      }),
    );
    observe(
      equal('a Deployment of another tenant in it', {
        expected: 'none',
        saw: lines.some(({ deployment }) => deployment.includes('lone')) ? 'lone' : 'none',
        vantage: atReader,
      }),
    );
    controlEntries(context, all, {
      subject: 'the other tenant in the answer for all',
      vantage: api.vantage,
      expected: 'there',
      saw: all.has(scene.one) ? 'there' : 'none',
      held: all.has(scene.one),
    });
  },
  { deadlineMs: sceneDeadlineMs },
);

interface TypeLine {
  readonly type: unknown;
  readonly totalCost: unknown;
}

check(requirements['COST-API-ASSETS-SHAPE'], async (context) => {
  const { cluster, observe, control, hint } = context;
  hint(async () => "curl /assets?window=7d | jq '.data | type': an object, which has no [0] (E31), and no types as keys (E71)");
  const run = await runCommand(context, await guideCommand('assets-7d', cluster.descriptor.profile));
  observe(endsWell('the documented request', run));
  const lines = run.code === 0 ? (documentsIn(run.stdout) as TypeLine[]) : [];
  const types = lines
    .filter(({ type, totalCost }) => typeof type === 'string' && typeof totalCost === 'number')
    .map(({ type }) => String(type));
  for (const type of ['Node', 'Disk'])
    observe(
      equal(`type ${type} with a cost in its answer`, {
        expected: 'once',
        saw: types.filter((each) => each === type).length === 1 ? 'once' : types.join(', ').slice(0, 200) || 'none',
        vantage: atReader,
      }),
    );
  const jq = await runCommand(context, `jq -c . <<<'{"data":{"a":{"type":"Node"}}}'`);
  control(equal('jq at the same place', { expected: '{"data":{"a":{"type":"Node"}}}', saw: jq.stdout.trim(), vantage: atReader }));
});

/** A volume is told of with the next scrape. */
const knownAfterMs = 180_000;

check(requirements['COST-API-ASSETS-TYPES'], async (context) => {
  const { cluster, observe, control, hint } = context;
  hint(
    async () => 'node_total_hourly_cost and pv_hourly_cost in Prometheus. Load balancers have no price in the list, and so are no assets',
  );
  const { core } = cluster.kubernetes;
  const api = await costApi(context);
  const { vantage } = api;
  const answer = assetsIn(await api.ask('/assets', { window: '7d', aggregate: 'type', accumulate: 'true' }));
  const assets = answer.kind === 'assets' ? answer.assets : [];
  observe({
    subject: 'answer to /assets?window=7d',
    vantage,
    expected: 'assets',
    saw: answer.kind === 'assets' ? `${assets.length} assets` : answer.text,
    held: assets.length > 0,
  });
  const [{ items: nodes }, { items: volumes }] = await Promise.all([core.listNode(), core.listPersistentVolume()]);
  observe(
    equal('nodes among the assets', {
      expected: nodes.map(({ metadata }) => metadata?.name ?? ''),
      saw: assetNames(assets, 'Node'),
      vantage,
    }),
  );
  const old = volumes.filter(
    ({ metadata, status }) => status?.phase === 'Bound' && (metadata?.creationTimestamp?.getTime() ?? 0) < Date.now() - knownAfterMs,
  );
  const disks = assetNames(assets, 'Disk');
  const missing = old.map(({ metadata }) => metadata?.name ?? '').filter((name) => !disks.includes(name));
  observe(noneOf(`volumes that are no disk among the assets, of ${old.length}`, { saw: missing, vantage }));
  const cost = assets.filter(({ type }) => type === 'Node').reduce((sum, { totalCost }) => sum + totalCost, 0);
  observe({ subject: 'cost of all nodes', vantage, expected: 'more than 0', saw: figure(cost), held: cost > 0 });
  const bad = await api.ask('/assets', { window: 'nonsense' });
  control({
    subject: 'answer to a window that is none',
    vantage,
    expected: 'HTTP 400',
    saw: bad.kind === 'answered' ? `HTTP ${bad.status}` : bad.text,
    held: bad.kind === 'answered' && bad.status === 400,
  });
});

check(requirements['COST-API-CLUSTER-30D'], async (context) => {
  const { observe, hint } = context;
  hint(async () => 'the label cluster_id of the series in Prometheus, and CLUSTER_ID of OpenCost');
  const api = await costApi(context);
  const { vantage } = api;
  const cluster = await judgedSet(context, api, { window: '30d', aggregate: 'cluster' });
  const namespaces = await judgedSet(context, api, { window: '30d', aggregate: 'namespace' });
  observe(equal('clusters in the answer', { expected: '1', saw: String(cluster.size), vantage }));
  const [entry] = cluster.values();
  const expected = sumOf(namespaces, ({ totalCost }) => totalCost);
  // A minute may pass between the two requests.
  observe(
    near('cost of the cluster, against the sum of its namespaces', {
      vantage,
      expected,
      saw: entry?.totalCost,
      tolerance: scrapedTolerance(expected, namespaces.size + 1) + 0.05 * expected,
    }),
  );
  observe(
    equal('window of the answer', {
      expected: windowText(lastDays(new Date(), 30)),
      saw: entry === undefined ? 'none' : `${entry.window.start},${entry.window.end}`,
      vantage,
    }),
  );
  controlEntries(context, namespaces, {
    subject: 'entries by namespace',
    vantage,
    expected: 'more than one',
    saw: String(namespaces.size),
    held: namespaces.size > 1,
  });
  await refusesBadWindow(context, api);
});
