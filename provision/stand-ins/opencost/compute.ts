import { add, type Allocation, type AllocationSet, insert } from './allocation.ts';
import { applyLoadBalancers } from './load-balancers.ts';
import { applyObjects } from './owners.ts';
import { applyResources, podsFrom, type Pods } from './pods.ts';
import type { Prices } from './pricing.ts';
import type { Series } from './prometheus.ts';
import { intersection } from './properties.ts';
import { objectQueries, presenceQuery, priceQueries, type QueryRange, resourceQueries, runningTimeQueries } from './queries.ts';
import { answers, clusterOf, queryRange, type Source, value } from './query-set.ts';
import { applyVolumes } from './volumes.ts';
import type { Window } from './window.ts';

export interface CostModel extends Source {
  /** The price list, for nodes without a price in Prometheus. */
  readonly prices: () => Prices;
  readonly maxQueryDuration: number;
  /** Steps of running time where a request names none, and always for assets. */
  readonly resolution: number;
}

const gib = 1024 ** 3;

/** What every container used and cost in a window. Long windows are computed in pieces that are then summed. */
export async function computeAllocations(model: CostModel, window: Window, resolution: number): Promise<AllocationSet> {
  if (window.end - window.start <= model.maxQueryDuration) return { window, allocations: await computePiece(model, window, resolution) };
  const pieces = await Promise.all(piecesOf(window, model.maxQueryDuration).map((piece) => computePiece(model, piece, resolution)));
  return { window, allocations: sumOfPieces(pieces, window) };
}

/** Consecutive windows of at most that length. */
export function piecesOf(window: Window, length: number): readonly Window[] {
  const count = Math.ceil((window.end - window.start) / length);
  return Array.from({ length: count }, (_, index) => ({
    start: window.start + index * length,
    end: Math.min(window.start + (index + 1) * length, window.end),
  }));
}

/** Sums by name. What a sum would drop of a container's properties is kept, since it is the same container. */
function sumOfPieces(pieces: readonly ReadonlyMap<string, Allocation>[], window: Window): ReadonlyMap<string, Allocation> {
  const total = new Map<string, Allocation>();
  for (const allocation of pieces.flatMap((piece) => [...piece.values()])) {
    const present = total.get(allocation.name);
    total.set(allocation.name, { ...(present === undefined ? allocation : sameContainer(present, allocation)), window, accumulated: true });
  }
  return total;
}

function sameContainer(one: Allocation, other: Allocation): Allocation {
  const sum = add(one, other, intersection);
  const { services, labels, annotations } = other.properties;
  sum.properties = {
    ...sum.properties,
    services: [...new Set([...one.properties.services, ...services])],
    labels: { ...one.properties.labels, ...labels },
    annotations: { ...one.properties.annotations, ...annotations },
  };
  sum.maxima = {
    cpuCoreUsageMax: Math.max(one.maxima?.cpuCoreUsageMax ?? 0, other.maxima?.cpuCoreUsageMax ?? 0),
    ramByteUsageMax: Math.max(one.maxima?.ramByteUsageMax ?? 0, other.maxima?.ramByteUsageMax ?? 0),
  };
  return sum;
}

async function computePiece(model: CostModel, window: Window, resolution: number): Promise<ReadonlyMap<string, Allocation>> {
  const range = await queryRange(model, window, resolution);
  if ((await model.prometheus.query(presenceQuery(range), window.end)).length === 0) return new Map();
  const running = await answers(model, runningTimeQueries(range), window.end);
  const pods = podsFrom(model, running.pods, window, resolution);
  await applyAll(model, pods, { range, running, window, resolution });
  return named(pods);
}

interface Piece {
  readonly range: QueryRange;
  readonly running: Record<'claims' | 'volumes' | 'loadBalancers', readonly Series[]>;
  readonly window: Window;
  readonly resolution: number;
}

async function applyAll(model: CostModel, pods: Pods, { range, running, window, resolution }: Piece): Promise<void> {
  const [resources, priced, objects] = await Promise.all([
    answers(model, resourceQueries(range), window.end),
    answers(model, priceQueries(range), window.end),
    answers(model, objectQueries(range), window.end),
  ]);
  applyResources(model, pods, resources, window);
  const served = applyObjects(model, pods, objects);
  applyVolumes(model, pods, { ...running, ...priced }, { window, resolution });
  applyLoadBalancers(model, pods, { ...running, ...priced, served }, { window, resolution });
  applyNodePrices(model, pods, priced);
}

type NodePrices = Record<'cpuPrice' | 'ramPrice' | 'gpuPrice', readonly Series[]>;

/** Prices that Prometheus recorded; the price list's where it has none or zero. */
function applyNodePrices(model: CostModel, pods: Pods, answer: NodePrices): void {
  const recorded = (series: readonly Series[]): ReadonlyMap<string, number> =>
    new Map(series.map((one) => [`${clusterOf(model, one)}/${one.metric['node']}`, value(one)]));
  const [cpu, ram, gpu] = [recorded(answer.cpuPrice), recorded(answer.ramPrice), recorded(answer.gpuPrice)];
  const list = model.prices();
  for (const pod of pods.values()) {
    for (const allocation of pod.containers.values()) {
      const node = `${pod.cluster}/${allocation.properties.node}`;
      allocation.cpuCost = allocation.cpuCoreHours * (cpu.get(node) || list.cpu);
      allocation.ramCost = (allocation.ramByteHours / gib) * (ram.get(node) || list.ram);
      allocation.gpuCost = allocation.gpuHours * (gpu.get(node) ?? list.gpu);
    }
  }
}

function named(pods: Pods): ReadonlyMap<string, Allocation> {
  const all = new Map<string, Allocation>();
  for (const allocation of [...pods.values()].flatMap((pod) => [...pod.containers.values()])) {
    const { cluster, node, namespace, pod, container } = allocation.properties;
    allocation.name = [cluster, node, namespace, pod, container].join('/');
    insert(all, allocation, intersection);
  }
  return all;
}
