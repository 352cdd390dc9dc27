import { type Api, dataOf } from './api.ts';

type Arguments = Readonly<Record<string, unknown>>;

export interface Tool {
  readonly description: string;
  /** Argument names with their JSON types. */
  readonly properties: Readonly<Record<string, 'string' | 'boolean'>>;
  readonly required: readonly string[];
  /** What a failure is told as. */
  readonly purpose: string;
  readonly call: (api: Api, given: Arguments) => Promise<unknown>;
}

/** The arguments of get_allocation_costs (OpenCost 1.120, its MCP server), by the parameter of /allocation that says the same. */
const parameters: Readonly<Record<string, string>> = {
  window: 'window',
  aggregate: 'aggregate',
  step: 'step',
  resolution: 'resolution',
  accumulate: 'accumulate',
  include_idle: 'includeIdle',
  idle_by_node: 'idleByNode',
  include_proportional_asset_resource_costs: 'includeProportionalAssetResourceCosts',
  include_aggregated_metadata: 'includeAggregatedMetadata',
  share_lb: 'sharelb',
};
const texts = ['window', 'aggregate', 'step', 'resolution'];

/**
 * The tools whose answers the API has, under their names in OpenCost 1.120. Its arguments filter and share_idle are left out, since the
 * API that is asked does not read them: they are refused, not ignored.
 */
export const tools: Readonly<Record<string, Tool>> = {
  get_allocation_costs: {
    description: 'Retrieves allocation cost data.',
    properties: Object.fromEntries(Object.keys(parameters).map((name) => [name, texts.includes(name) ? 'string' : 'boolean'])),
    required: ['window', 'aggregate'],
    purpose: 'allocation',
    call: allocationCosts,
  },
  get_asset_costs: {
    description: 'Retrieves asset cost data.',
    properties: { window: 'string' },
    required: ['window'],
    purpose: 'asset',
    call: async (api, { window }) => {
      const data = (await dataOf(api, '/assets', { window: String(window) })) as Readonly<Record<string, unknown>>;
      return { assets: { assets: { name: 'assets', assets: Object.values(data) } } };
    },
  },
};

/** What an allocation of the MCP server has. */
const fields =
  'name cpuCost gpuCost ramCost pvCost networkCost sharedCost externalCost totalCost cpuCoreHours ramByteHours gpuHours pvByteHours start end'.split(
    ' ',
  );

/** Of several steps only the first one is told. */
async function allocationCosts(api: Api, given: Arguments): Promise<unknown> {
  const asked = Object.entries(given).map(([name, value]) => [parameters[name] ?? name, String(value)] as const);
  const data = (await dataOf(api, '/allocation', Object.fromEntries(asked))) as readonly (Readonly<Record<string, Arguments>> | null)[];
  const entries = Object.values(data[0] ?? {}).map((entry) => Object.fromEntries(fields.map((field) => [field, entry[field]])));
  return { allocations: { allocations: { name: 'allocations', properties: null, allocations: entries } } };
}
