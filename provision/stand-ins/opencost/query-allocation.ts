import type { AllocationSet } from './allocation.ts';
import { type Accumulation, accumulate, aggregateBy, idleAllocations } from './aggregate.ts';
import { computeAssets } from './assets.ts';
import { type CostModel, computeAllocations, piecesOf } from './compute.ts';
import { FilterError, parseFilter, type Filter } from './filter.ts';
import { intersection, intersectionWithMetadata } from './properties.ts';
import { describeWindow, type Window } from './window.ts';

/**
 * Releases up to 1.112 read no filter on /allocation and return every namespace; the documented API filters before it aggregates
 * (as read in opencost's sources of 2026). The stand-in follows the documentation; the fault ignore-filter is the other behaviour.
 */
const filters = true;

export interface AllocationQuery {
  readonly window: Window | undefined;
  readonly step: number | undefined;
  readonly resolution: number;
  readonly aggregate: readonly string[];
  readonly accumulation: Accumulation | undefined;
  readonly includeIdle: boolean;
  readonly idleByNode: boolean;
  readonly shareIdle: boolean;
  readonly aggregatedMetadata: boolean;
  readonly filter: string;
}

/** Steps beyond this are refused, where OpenCost would query for hours. */
const mostSteps = 10_000;

/** The query cannot be answered; `status` is what the API says. */
export class QueryError extends Error {
  readonly status: 400 | 500;

  constructor(status: 400 | 500, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** Sets of allocations, one a step, or one for all with accumulation. */
export async function queryAllocations(model: CostModel, query: AllocationQuery): Promise<readonly AllocationSet[]> {
  const { window, accumulation } = query;
  if (window === undefined || window.end < window.start) throw new QueryError(500, `illegal window: ${describeWindow(window)}`);
  if (query.shareIdle && !query.includeIdle) throw new QueryError(400, 'bad request - includeIdle must be set true if shareIdle is true');
  const filter = filterOf(query.filter);
  const intersect = query.aggregatedMetadata ? intersectionWithMetadata : intersection;
  const sets = await Promise.all(stepsOf(window, query.step).map((step) => computeStep(model, query, step)));
  const aggregated = sets.map((set) => aggregateBy(filtered(set, filter), { ...query, intersect }));
  return accumulation === undefined ? aggregated : accumulate(aggregated, accumulation, intersect);
}

/** Every step has its full length, so that the last one may end after the window. */
function stepsOf(window: Window, step: number | undefined): readonly Window[] {
  const length = step === undefined || step <= 0 ? window.end - window.start : step;
  if (length === 0) return [];
  if ((window.end - window.start) / length > mostSteps) throw new QueryError(400, `bad request - more than ${mostSteps} steps`);
  return piecesOf(window, length).map(({ start }) => ({ start, end: start + length }));
}

async function computeStep(model: CostModel, query: AllocationQuery, step: Window): Promise<AllocationSet> {
  try {
    const set = await computeAllocations(model, step, query.resolution);
    if (!query.includeIdle) return set;
    const idle = idleAllocations(set, await computeAssets(model, step, model.resolution));
    return {
      window: step,
      allocations: new Map([...set.allocations, ...idle.map((allocation) => [allocation.name, allocation] as const)]),
    };
  } catch (error) {
    throw new QueryError(500, `error computing allocations for ${describeWindow(step)}: ${String(error)}`, error);
  }
}

function filterOf(text: string): Filter {
  if (!filters) return () => true;
  try {
    return parseFilter(text);
  } catch (error) {
    if (error instanceof FilterError) throw new QueryError(400, `bad request - invalid filter '${text}': ${error.message}`, error);
    throw error;
  }
}

/** Idle is of no namespace: it stays only where nothing is filtered. */
function filtered(set: AllocationSet, filter: Filter): AllocationSet {
  return { ...set, allocations: new Map([...set.allocations].filter(([, { properties }]) => filter(properties))) };
}
