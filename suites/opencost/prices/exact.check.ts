import { promised } from '../../../guide/limits.ts';
import { equal } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Allocation, AllocationSet } from '../../../harness/platform/opencost/allocation.ts';
import { check } from '../check.ts';
import { type CostApi, costApi } from '../cost-api.ts';
import { type CostScene, asked, sceneDeadlineMs, windowOver } from '../cost-scene.ts';
import { judgedSet, observePlaces } from '../judged.ts';
import { figure, hours, near, priceOf, roundedTolerance, scrapedTolerance } from '../money.ts';
import { requirements } from '../requirements.ts';
import { windowMinutes, windowText } from '../windows.ts';

const { prices, defaultPrices } = promised.opencost;

/** The costs of the scene's pods in its window, when that is over. */
async function sceneCosts(context: CheckContext, { window, probes }: CostScene): Promise<{ api: CostApi; set: AllocationSet }> {
  await windowOver(window, context);
  const api = await costApi(context);
  const set = await judgedSet(context, api, { window: windowText(window), aggregate: 'namespace,pod', resolution: '1m' }, (found) =>
    found.has(`${probes}/whole`),
  );
  return { api, set };
}

check(
  requirements['COST-POD-EXACT'],
  async (context, { scene }) => {
    const { observe, control, hint } = context;
    hint(async () => 'the prices in node_cpu_hourly_cost, and honor_labels of the job kubernetes-service-endpoints');
    const { api, set } = await sceneCosts(context, scene);
    const { vantage } = api;
    const [whole, half] = [set.get(`${scene.probes}/whole`), set.get(`${scene.probes}/half`)];
    if (whole === undefined || half === undefined) {
      observe(
        equal('pods with known costs in the answer', {
          expected: ['whole', 'half'],
          saw: [whole && 'whole', half && 'half'].filter((name) => name !== undefined),
          vantage,
        }),
      );
      return;
    }
    observeLength(context, api, { entry: whole, scene });
    const { cores, gib } = asked.whole;
    const time = hours(whole.minutes);
    observe(
      near(`cost of ${cores} vCPU in those minutes`, {
        vantage,
        expected: cores * time * prices.cpu,
        saw: whole.cpuCost,
        tolerance: scrapedTolerance(cores * time * prices.cpu),
      }),
    );
    observe(
      near(`cost of ${gib} GiB in those minutes`, {
        vantage,
        expected: gib * time * prices.ram,
        saw: whole.ramCost,
        tolerance: scrapedTolerance(gib * time * prices.ram),
      }),
    );
    const expected = time * (cores * prices.cpu + gib * prices.ram);
    observe(near('cost of the pod altogether', { vantage, expected, saw: whole.totalCost, tolerance: scrapedTolerance(expected, 2) }));
    const charged = priceOf(whole);
    observe(
      near('cost of its vCPU-hours as told, by the price', {
        vantage,
        expected: charged.cpu,
        saw: whole.cpuCost,
        tolerance: roundedTolerance(1),
      }),
    );
    observe(
      near('cost of its GiB-hours as told, by the price', {
        vantage,
        expected: charged.ram,
        saw: whole.ramCost,
        tolerance: roundedTolerance(1),
      }),
    );
    const usual = time * (cores * defaultPrices.cpu + gib * defaultPrices.ram);
    control({
      subject: "the same pod by OpenCost's default prices",
      vantage,
      expected: 'further from the documented cost than the tolerance',
      saw: `${figure(usual)}, ${figure(usual - expected)} away`,
      held: usual - expected > scrapedTolerance(expected, 2),
    });
    control(
      near('cost of a pod with half of its requests, twice', {
        vantage,
        expected: whole.totalCost,
        saw: 2 * half.totalCost,
        tolerance: scrapedTolerance(whole.totalCost, 4),
      }),
    );
    await observePlaces(context, api, windowText(scene.window));
  },
  { deadlineMs: sceneDeadlineMs },
);

/** That the entry covers the window: all but the scrapes at its two ends. */
function observeLength({ observe }: CheckContext, { vantage }: CostApi, { entry, scene }: { entry: Allocation; scene: CostScene }): void {
  const minutes = windowMinutes(scene.window);
  observe({
    subject: 'minutes of the pod in the window',
    vantage,
    expected: `${minutes - 2} to ${minutes}`,
    saw: String(entry.minutes),
    held: entry.minutes >= minutes - 2 && entry.minutes <= minutes,
  });
}

check(
  requirements['COST-PV-EXACT'],
  async (context, { scene }) => {
    const { observe, control, hint } = context;
    hint(async () => 'pv_hourly_cost, pod_pvc_allocation and kube_persistentvolume_capacity_bytes in Prometheus');
    const { api, set } = await sceneCosts(context, scene);
    const { vantage } = api;
    const [volume, whole] = [set.get(`${scene.probes}/volume`), set.get(`${scene.probes}/whole`)];
    const minutes = volume?.minutes ?? windowMinutes(scene.window);
    const expected = asked.volumeGib * hours(minutes) * prices.storage;
    observe(
      near(`cost of a claim of ${asked.volumeGib} GiB in the minutes of its pod`, {
        vantage,
        expected,
        saw: volume?.pvCost,
        tolerance: scrapedTolerance(expected),
      }),
    );
    observe(
      near('cost of its GiB-hours as told, by the price', {
        vantage,
        expected: volume === undefined ? 0 : priceOf(volume).pv,
        saw: volume?.pvCost,
        tolerance: roundedTolerance(1),
      }),
    );
    control(near('cost of storage of a pod without a claim', { vantage, expected: 0, saw: whole?.pvCost ?? 0, tolerance: 0 }));
  },
  { deadlineMs: sceneDeadlineMs },
);
