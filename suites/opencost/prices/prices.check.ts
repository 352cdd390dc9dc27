import { promised } from '../../../guide/limits.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { sumOf } from '../../../harness/platform/opencost/allocation.ts';
import { type Sample, atPrometheus, prometheusOf } from '../../../harness/platform/prometheus/prometheus.ts';
import { livingPod } from '../../../harness/platform/prometheus/targets.ts';
import { check } from '../check.ts';
import { costApi, opencostPods } from '../cost-api.ts';
import { atWorkstation } from '../../isolation/provisioning/guide-script.ts';
import { guideCommand, runCommand } from '../guide-command.ts';
import { controlEntries, judgedSet } from '../judged.ts';
import { figure, mispriced } from '../money.ts';
import { requirements } from '../requirements.ts';
import { type PricingFile, pricingFileIn, pricesText } from './pricing-file.ts';

const { prices, defaultPrices, pricesDescription } = promised.opencost;
const hint = async (): Promise<string> =>
  'kubectl -n opencost get configmap custom-pricing-model -o yaml; CONFIG_PATH of the container: does OpenCost read that file (E29)?';

interface Priced {
  readonly metric: string;
  readonly of: 'cpu' | 'ram' | 'pv';
  readonly price: number;
  readonly usual: number;
  readonly tolerance: number;
  /** The label that names what has the price. */
  readonly label: string;
}

check(requirements['COST-PRICE-CPU'], (context) =>
  pricesAre(context, {
    metric: 'node_cpu_hourly_cost',
    of: 'cpu',
    price: prices.cpu,
    usual: defaultPrices.cpu,
    tolerance: 1e-9,
    label: 'node',
  }),
);

check(requirements['COST-PRICE-RAM'], (context) =>
  pricesAre(context, {
    metric: 'node_ram_hourly_cost',
    of: 'ram',
    price: prices.ram,
    usual: defaultPrices.ram,
    tolerance: 1e-9,
    label: 'node',
  }),
);

check(requirements['COST-PRICE-STORAGE'], (context) =>
  pricesAre(context, {
    metric: 'pv_hourly_cost',
    of: 'pv',
    price: prices.storage,
    usual: defaultPrices.storage,
    tolerance: 1e-10,
    label: 'persistentvolume',
  }),
);

/** The price that OpenCost tells of each node or volume, and the one by which it charges. */
async function pricesAre(context: CheckContext, priced: Priced): Promise<void> {
  const { cluster, observe, signal } = context;
  context.hint(hint);
  const { metric, of, price, usual, tolerance, label } = priced;
  const prometheus = await prometheusOf(cluster, signal);
  const told = await prometheus.query(`${metric}{job="opencost"}`);
  const wrong = told.filter(({ value }) => Math.abs(value - price) > tolerance);
  const names = await pricedNames(context, of);
  const without = names.filter((name) => !told.some(({ labels }) => labels[label] === name));
  observe(noneOf(`what has no price in ${metric}, of ${names.length}`, { saw: without, vantage: atPrometheus }));
  observe(
    noneOf(`prices in ${metric} that are not ${price}`, { saw: wrong.map((sample) => priceText(sample, label)), vantage: atPrometheus }),
  );
  const api = await costApi(context);
  const set = await judgedSet(context, api, { window: '7d', aggregate: 'namespace' });
  observe(noneOf(`namespaces whose ${of} is charged otherwise`, { saw: mispriced(set, of), vantage: api.vantage }));
  const charged = sumOf(set, (entry) => ({ cpu: entry.cpuCost, ram: entry.ramCost, pv: entry.pvCost })[of]);
  controlEntries(context, set, {
    subject: `what is charged for ${of} altogether`,
    vantage: api.vantage,
    expected: 'more than 0',
    saw: figure(charged),
    held: charged > 0,
  });
  const asUsual = told.filter(({ value }) => Math.abs(value - usual) <= tolerance).length;
  observe(
    equal(`prices in ${metric} that are OpenCost's own default, ${usual}`, { expected: '0', saw: String(asUsual), vantage: atPrometheus }),
  );
}

function priceText({ labels, value }: Sample, label: string): string {
  return `${labels[label]} ${value}`;
}

/** Nodes, or volumes that are not on their way out: OpenCost tells no price of failed ones (metrics.go). */
async function pricedNames({ cluster: { kubernetes } }: CheckContext, of: Priced['of']): Promise<string[]> {
  if (of !== 'pv') return (await kubernetes.core.listNode()).items.map(({ metadata }) => metadata?.name ?? '');
  const { items } = await kubernetes.core.listPersistentVolume();
  const settledBefore = Date.now() - 2 * 60_000;
  return items
    .filter(({ metadata, status }) => status?.phase === 'Bound' && (metadata?.creationTimestamp?.getTime() ?? 0) < settledBefore)
    .map(({ metadata }) => metadata?.name ?? '');
}

/** The file by which OpenCost is given its prices, read in the running container. */
async function pricingFile({ cluster, signal }: CheckContext): Promise<PricingFile> {
  const pod = await livingPod(cluster, opencostPods);
  const script = 'cat "${CONFIG_PATH:-/var/configs}/default.json" 2>/dev/null || cat /models/default.json';
  return pricingFileIn(await cluster.kubernetes.run({ ...pod, container: 'opencost' }, script, signal));
}

check(requirements['COST-PRICE-GPU'], async (context) => {
  const { cluster, observe, control, signal } = context;
  context.hint(hint);
  const file = await pricingFile(context);
  const vantage = "OpenCost's own container";
  observe(equal('price of a GPU in the file', { expected: String(prices.gpu), saw: figure(file.gpu), vantage }));
  const told = (await (await prometheusOf(cluster, signal)).query('node_gpu_hourly_cost{job="opencost"}')).filter(
    ({ value }) => value !== prices.gpu,
  );
  observe(
    noneOf('prices in node_gpu_hourly_cost other than 0', { saw: told.map((sample) => priceText(sample, 'node')), vantage: atPrometheus }),
  );
  const api = await costApi(context);
  const set = await judgedSet(context, api, { window: '7d', aggregate: 'namespace' });
  observe(equal('cost of GPU time in 7 d', { expected: '0', saw: figure(sumOf(set, ({ gpuCost }) => gpuCost)), vantage: api.vantage }));
  const nodes = await cluster.kubernetes.core.listNode();
  const withGpu = nodes.items.filter(({ status }) => Object.keys(status?.capacity ?? {}).some((name) => name.includes('gpu'))).length;
  control({
    subject: `other prices in the same file; ${withGpu === 0 ? 'no node has a GPU, so the verdict rests on the file' : `${withGpu} nodes have a GPU`}`,
    key: 'other prices in the same file',
    vantage,
    expected: 'prices above 0',
    saw: pricesText(file),
    held: file.cpu > 0 && file.ram > 0,
  });
});

check(requirements['COST-PRICE-API'], async (context) => {
  const { cluster, observe, control, signal } = context;
  context.hint(
    async () =>
      'curl -i http://192.168.29.102:9003/costModel/customPricing: 404 in every release that was read (E32); the metrics tell the prices',
  );
  const answer = await runCommand(context, await guideCommand('prices', cluster.descriptor.profile));
  const documented = { cpu: prices.cpu, ram: prices.ram, storage: prices.storage, gpu: prices.gpu, description: pricesDescription };
  const shown = answer.code === 0 ? pricingFileIn(answer.stdout) : undefined;
  observe({
    subject: 'prices that the documented request shows',
    vantage: atWorkstation,
    expected: pricesText(documented),
    saw: shown === undefined ? `exit code ${answer.code}: ${answer.stderr.trim().slice(0, 200)}` : pricesText(shown),
    held: shown !== undefined && pricesText(shown) === pricesText(documented),
    raw: answer,
  });
  const [told] = await (await prometheusOf(cluster, signal)).query('max(node_cpu_hourly_cost{job="opencost"})');
  observe(
    equal('price of a vCPU that OpenCost tells at the same time', {
      expected: String(prices.cpu),
      saw: String(told?.value),
      vantage: atPrometheus,
    }),
  );
  const api = await costApi(context);
  const none = await api.ask('/costModel/conform-no-such-path');
  control({
    subject: 'a path beside it that is not there',
    vantage: api.vantage,
    expected: 'HTTP 404',
    saw: none.kind === 'answered' ? `HTTP ${none.status}` : none.text,
    held: none.kind === 'answered' && none.status === 404,
  });
});
