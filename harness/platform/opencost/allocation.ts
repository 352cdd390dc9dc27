/** What one entry of an allocation costs and takes, as OpenCost's /allocation tells it (opencost core, allocation_json.go). */
export interface Allocation {
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly window: { readonly start: string; readonly end: string };
  readonly minutes: number;
  readonly cpuCoreHours: number;
  readonly cpuCost: number;
  readonly cpuCostAdjustment: number;
  readonly cpuEfficiency: number | null;
  readonly gpuCost: number;
  readonly gpuCostAdjustment: number;
  readonly ramByteHours: number;
  readonly ramCost: number;
  readonly ramCostAdjustment: number;
  readonly ramEfficiency: number | null;
  readonly pvByteHours: number;
  readonly pvCost: number;
  readonly pvCostAdjustment: number;
  readonly networkCost: number;
  readonly networkCostAdjustment: number;
  readonly loadBalancerCost: number;
  readonly loadBalancerCostAdjustment: number;
  readonly sharedCost: number;
  readonly externalCost: number;
  readonly totalCost: number;
}

/** The entries of one window, by their names: namespaces, pods or what was asked for. */
export type AllocationSet = ReadonlyMap<string, Allocation>;

export const noEntries: AllocationSet = new Map();

/** Every figure in an answer has five decimals (opencost core, formatFloat64ForResponse): so far may each be from what was computed. */
export const roundingError = 0.000_005;

/** What OpenCost answered: an HTTP status and a body, or nothing in time. */
export type OpenCostAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'silent'; readonly text: string };

/** The sets of an answer to /allocation, or the words of one that has none. */
export type Allocations =
  | { readonly kind: 'sets'; readonly sets: readonly AllocationSet[] }
  | { readonly kind: 'refused'; readonly text: string };

/** Reads an answer to /allocation; an answer that is not as documented is a value. */
export function allocationsIn(answer: OpenCostAnswer): Allocations {
  if (answer.kind === 'silent') return { kind: 'refused', text: answer.text };
  const parsed = jsonOf(answer.body) as { code?: number; data?: unknown } | undefined;
  const isGood = answer.status === 200 && parsed?.code === 200 && Array.isArray(parsed.data);
  if (!isGood) return { kind: 'refused', text: `HTTP ${answer.status}: ${answer.body.trim().slice(0, 200)}` };
  const sets = (parsed.data as (Readonly<Record<string, Allocation>> | null)[]).map((set) => new Map(Object.entries(set ?? {})));
  return { kind: 'sets', sets };
}

/** Undefined for a text that is no JSON: before an error's JSON OpenCost writes a line of text. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The parts of a total, by name, adjustments with what they adjust. */
export function partsOf(allocation: Allocation): Readonly<Record<string, number>> {
  return {
    cpu: allocation.cpuCost + allocation.cpuCostAdjustment,
    ram: allocation.ramCost + allocation.ramCostAdjustment,
    gpu: allocation.gpuCost + allocation.gpuCostAdjustment,
    pv: allocation.pvCost + allocation.pvCostAdjustment,
    network: allocation.networkCost + allocation.networkCostAdjustment,
    loadBalancer: allocation.loadBalancerCost + allocation.loadBalancerCostAdjustment,
    shared: allocation.sharedCost,
    external: allocation.externalCost,
  };
}

/** The sum of a figure over a set's entries. */
export function sumOf(set: AllocationSet, of: (allocation: Allocation) => number): number {
  return [...set.values()].reduce((sum, each) => sum + of(each), 0);
}
