/**
 * Stand-in for OpenCost's exporter: the API on 9003 and the MCP server on 8081.
 *
 * Follows OpenCost's commit 5f653330 (October 2024, of which recordings are in recorded/) in what it reads from Prometheus, in its
 * formula, in windows, JSON and bad requests; and the documented API of 2026 (release 1.120) in what the guide wants of newer ones:
 * filter and shareIdle on /allocation, Prometheus 3's left-open ranges, MCP.
 *
 * Does: container hours x max(request, use) x price from Prometheus's own series, volumes by claim, load balancers where the price
 * list has a price, idle by node; /allocation, /assets, /metrics, /healthz; the price list of CONFIG_PATH (default.json).
 * Does not: read clouds, GPU use, spot prices or local disks; charge network traffic (needs a daemon that the guide does not install);
 * proportional asset costs, /allocation/summary, CSV export; watch Kubernetes (it lists, at most every 10 s); ask Prometheus three times.
 *
 * When cost appears: running time is measured in steps of `resolution` (parameter, default ETL_RESOLUTION_SECONDS = 300) at whole
 * multiples of it, and one step counts as a whole one. A window of days or hours ends in the future, and Prometheus keeps a sample
 * valid for 5 min, so one step of any resolution up to 5 min always lies within reach of the first sample: cost is there with the
 * first scrape of a pod (1 min in the guide's Prometheus). A window that ends now has to wait for the next step: ask it with resolution=1m.
 *
 * Faults (ConfigMap conform-faults in the pod's namespace; faults.ts says what each does): wrong-total, drop-namespace, ignore-filter,
 * ignore-step, ignore-accumulate, empty-data, assets-array, hide-disks, no-metrics.
 */
import { apiServer } from './api.ts';
import { clusterOfKubernetes } from './cluster.ts';
import { faultsOf } from './faults.ts';
import { kubernetesInCluster } from './kubernetes.ts';
import { mcpServer } from './mcp.ts';
import { exposition, usageReader } from './metrics.ts';
import { readPrices } from './pricing.ts';
import { announcePrometheus, prometheusAt } from './prometheus.ts';
import { readSettings } from './settings.ts';

const version = '1.120.0';
const startedAt = Date.now();

const settings = readSettings(process.env);
const kubernetes = kubernetesInCluster(process.env);
const prometheus = prometheusAt(settings);
const prices = (): ReturnType<typeof readPrices> => readPrices(settings.configPath);
const model = { ...settings, prometheus, prices };
const cluster = clusterOfKubernetes(kubernetes);
const usage = usageReader(prometheus);

console.log(`INF Starting cost-model version ${version} (stand-in)`);
prices();

const api = apiServer({
  model,
  faults: faultsOf(kubernetes),
  now: Date.now,
  metrics: async () =>
    exposition({ cluster: await cluster(), usage: await usage(), prices: prices(), clusterId: settings.clusterId, startedAt }),
});
api.listen(settings.apiPort, () => console.log(`INF API on port ${settings.apiPort}`));

if (settings.mcpPort !== undefined) {
  mcpServer({ model, version, now: Date.now }).listen(settings.mcpPort, () =>
    console.log(`INF Starting MCP HTTP server on port ${settings.mcpPort}...`),
  );
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));

await announcePrometheus(prometheus, settings.prometheusUrl);
