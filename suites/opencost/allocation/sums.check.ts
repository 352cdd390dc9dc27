import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { assetsIn } from '../../../harness/platform/opencost/assets.ts';
import { type AllocationSet, noEntries, roundingError, sumOf } from '../../../harness/platform/opencost/allocation.ts';
import { quantity } from '../../../harness/platform/kubernetes/quantity.ts';
import { promised } from '../../../guide/limits.ts';
import { check } from '../check.ts';
import { closedData, dataMinutes } from '../closed-data.ts';
import { costApi, onlySet } from '../cost-api.ts';
import { controlEntries, judgedSet, judgedSets, observePlaces, refusesBadWindow } from '../judged.ts';
import { bytesPerGiB, costlyParts, figure, near, scrapedTolerance, unequalParts } from '../money.ts';
import { requirements } from '../requirements.ts';
import { closedWindow, stepsWithin, windowText } from '../windows.ts';

const { prices } = promised.opencost;
const total = (set: AllocationSet): number => sumOf(set, ({ totalCost }) => totalCost);

check(requirements['COST-SUM-PARTS'], async (context) => {
  const { observe, hint } = context;
  hint(
    async () =>
      'the entry that is named, in /allocation?window=7d&aggregate=namespace&accumulate=true: which part is missing in its total?',
  );
  const api = await costApi(context);
  const set = await judgedSet(context, api, { window: '7d', aggregate: 'namespace' });
  const { vantage } = api;
  observe(noneOf('entries whose parts do not add up to their total', { saw: unequalParts(set), vantage }));
  const parts = costlyParts(set);
  observe({
    subject: 'parts that cost something',
    vantage,
    expected: 'two at least',
    saw: parts.join(', ') || 'none',
    held: parts.length >= 2,
  });
  const without = unequalParts(set, 'cpu');
  controlEntries(context, set, {
    subject: 'entries whose parts do not add up when the processor is left out',
    vantage,
    expected: 'some',
    saw: String(without.length),
    held: without.length > 0,
  });
  await refusesBadWindow(context, api);
});

/** Sums of figures may differ by this share (register). */
const conserved = 0.001;
const views = ['pod', 'namespace', 'deployment', 'cluster'] as const;

check(
  requirements['COST-SUM-VIEWS'],
  async (context) => {
    const { observe, hint } = context;
    hint(
      async () =>
        'honor_labels of the job kubernetes-service-endpoints in the ConfigMap prometheus-server: without it pods count under prometheus-system',
    );
    const window = windowText(await closedData(context, { most: 5, least: 3 }));
    const api = await costApi(context);
    const { vantage } = api;
    const sets = new Map<string, AllocationSet>();
    for (const aggregate of views) sets.set(aggregate, await judgedSet(context, api, { window, aggregate, resolution: '1m' }));
    const cluster = sets.get('cluster') ?? noEntries;
    const expected = total(cluster);
    for (const [aggregate, set] of sets) {
      const tolerance = conserved * expected + (set.size + 1) * roundingError;
      observe(near(`sum of all costs by ${aggregate}`, { vantage, expected, saw: total(set), tolerance }));
      const negative = [...set].filter(([, entry]) => entry.totalCost < 0).map(([name]) => name);
      observe(noneOf(`entries by ${aggregate} that cost less than nothing`, { saw: negative, vantage }));
    }
    await observePlaces(context, api, window);
    const namespaces = sets.get('namespace') ?? noEntries;
    const largest = Math.max(0, ...[...namespaces.values()].map(({ totalCost }) => totalCost));
    const tolerance = conserved * expected + (namespaces.size + 1) * roundingError;
    controlEntries(context, namespaces, {
      subject: 'cost of the largest namespace, by which the sum would differ without it',
      vantage,
      expected: `more than ${figure(tolerance)}`,
      saw: figure(largest),
      held: largest > tolerance,
    });
    await refusesBadWindow(context, api);
  },
  { deadlineMs: 420_000 },
);

/** The shortest steps that are judged, three of 5 min, and the minutes around them. */
const leastStepsMinutes = 17;

check(
  requirements['COST-SUM-STEPS'],
  async (context) => {
    const { observe, control, hint } = context;
    hint(async () => 'the sets of the same request with step and without accumulate: which is missing or twice as large?');
    const steps = stepsWithin(await dataMinutes(context, leastStepsMinutes));
    if (steps === undefined) throw new Error(`the data are younger than ${leastStepsMinutes} min`);
    const { count, minutes } = steps;
    const api = await costApi(context);
    const { vantage } = api;
    const window = windowText(closedWindow(new Date(), { minutes: count * minutes, endedMinutesAgo: 1 }));
    const asked = { window, aggregate: 'namespace', resolution: '1m' };
    const whole = await judgedSet(context, api, asked);
    const sets = await judgedSets(context, api, { ...asked, step: `${minutes}m` });
    observe(equal(`steps of ${minutes} min`, { expected: String(count), saw: String(sets.length), vantage }));
    // At each border between two steps a scrape's interval is in neither of them (Prometheus 3: a range is open on its left).
    const tolerance = 0.01 + (count - 1) / (count * minutes);
    const expected = total(whole);
    const sum = sets.reduce((all, set) => all + total(set), 0);
    const rounding = (count + 1) * (whole.size + 1) * roundingError;
    observe(
      near(`sum of ${count} steps of ${minutes} min, against the whole`, {
        vantage,
        expected,
        saw: sum,
        tolerance: tolerance * expected + rounding,
      }),
    );
    for (const [name, { totalCost }] of [...whole].filter(([, entry]) => entry.totalCost > 100 * count * roundingError)) {
      const own = sets.reduce((all, set) => all + (set.get(name)?.totalCost ?? 0), 0);
      observe(near(`sum of the steps of ${name}`, { vantage, expected: totalCost, saw: own, tolerance: (tolerance + 0.05) * totalCost }));
    }
    const withoutOne = sum - total(sets.at(-1) ?? noEntries);
    control({
      subject: `sum of ${count - 1} of the steps`,
      vantage,
      expected: 'further from the whole than the tolerance',
      saw: figure(withoutOne),
      held: Math.abs(withoutOne - expected) > tolerance * expected,
    });
  },
  { deadlineMs: (leastStepsMinutes + 5) * 60_000 },
);

const idleName = '__idle__';
const idleMinutes = 15;

check(
  requirements['COST-IDLE'],
  async (context) => {
    const { cluster, observe, hint } = context;
    hint(
      async () =>
        '/assets of the same window: which node is missing, or has fewer minutes? And honor_labels of kubernetes-service-endpoints',
    );
    const window = windowText(await closedData(context, { most: 60, least: idleMinutes }));
    const api = await costApi(context);
    const { vantage } = api;
    // The steps of 5 min by which OpenCost measures its assets.
    const asked = { window, aggregate: 'namespace', resolution: '5m' };
    const [withIdle, assets, { items: nodes }] = [
      await judgedSet(context, api, { ...asked, includeIdle: 'true' }),
      assetsIn(await api.ask('/assets', { window })),
      await cluster.kubernetes.core.listNode(),
    ];
    const found = assets.kind === 'assets' ? assets.assets.filter(({ type }) => type === 'Node') : [];
    observe(
      equal('nodes among the assets, with their processors', {
        expected: nodes.map(({ metadata, status }) => `${metadata?.name} ${quantity(status?.capacity?.['cpu'] ?? '0')}`),
        saw: found.map(({ properties, cpuCores }) => `${properties.name} ${cpuCores}`),
        vantage,
      }),
    );
    const expected = found.reduce(
      (sum, { cpuCoreHours = 0, ramByteHours = 0 }) => sum + cpuCoreHours * prices.cpu + (ramByteHours / bytesPerGiB) * prices.ram,
      0,
    );
    const saw = sumOf(withIdle, ({ cpuCost, ramCost }) => cpuCost + ramCost);
    observe(
      near('cost of processors and memory with what is idle, against the price of all nodes', {
        vantage,
        expected,
        saw,
        tolerance: scrapedTolerance(expected, 2 * withIdle.size),
      }),
    );
    const idle = withIdle.get(idleName);
    observe({
      subject: 'cost of what nobody uses',
      vantage,
      expected: 'more than 0',
      saw: idle === undefined ? 'not told' : figure(idle.totalCost),
      held: (idle?.totalCost ?? 0) > 0,
    });
    await observePlaces(context, api, window);
    await controlWithoutIdle(context, { api, asked });
  },
  { deadlineMs: (idleMinutes + 8) * 60_000 },
);

async function controlWithoutIdle(
  { control }: CheckContext,
  { api, asked }: { readonly api: Awaited<ReturnType<typeof costApi>>; readonly asked: Readonly<Record<string, string>> },
): Promise<void> {
  const without = onlySet(await api.allocations({ ...asked, accumulate: 'true', includeIdle: 'false' }));
  control(
    equal(`entry ${idleName} where idle is not asked for`, {
      expected: 'none',
      saw: without.has(idleName) ? 'there' : 'none',
      vantage: api.vantage,
    }),
  );
}
