import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** US dollars: per vCPU-hour, GiB-hour of memory and of storage, GPU-hour, GB of egress. */
export interface Prices {
  readonly cpu: number;
  readonly ram: number;
  readonly gpu: number;
  readonly storage: number;
  readonly zoneEgress: number;
  readonly regionEgress: number;
  readonly internetEgress: number;
  /** Per hour; unknown unless the price list names it, and then load balancers are not emitted (pkg/cloud/provider/customprovider.go). */
  readonly loadBalancer: number | undefined;
}

/** The price list that OpenCost's image brings along (configs/default.json). */
const imagePrices = {
  provider: 'custom',
  description: 'Default prices based on GCP us-central1',
  CPU: '0.031611',
  spotCPU: '0.006655',
  RAM: '0.004237',
  spotRAM: '0.000892',
  GPU: '0.95',
  storage: '0.00005479452',
  zoneNetworkEgress: '0.01',
  regionNetworkEgress: '0.01',
  internetNetworkEgress: '0.12',
};

/** The price list in force: the folder's default.json, which is written there if it is absent and can be. */
export function readPrices(configPath: string): Prices {
  const file = join(configPath, 'default.json');
  if (!existsSync(file)) {
    mkdirSync(configPath, { recursive: true });
    writeFileSync(file, `${JSON.stringify(imagePrices, undefined, 4)}\n`);
  }
  return parsePrices(readFileSync(file, 'utf8'));
}

export function parsePrices(text: string): Prices {
  const list = { ...imagePrices, ...(JSON.parse(text) as Record<string, string>) } as Record<string, string | undefined>;
  const price = (name: string): number => Number(list[name] ?? 0) || 0;
  const loadBalancer = Number(list['firstFiveForwardingRulesCost'] ?? Number.NaN);
  return {
    cpu: price('CPU'),
    ram: price('RAM'),
    gpu: price('GPU'),
    storage: price('storage'),
    zoneEgress: price('zoneNetworkEgress'),
    regionEgress: price('regionNetworkEgress'),
    internetEgress: price('internetNetworkEgress'),
    loadBalancer: Number.isNaN(loadBalancer) ? undefined : loadBalancer,
  };
}
