import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { totalCost } from './allocation.ts';
import type { CostModel } from './compute.ts';
import { hour, minute } from './duration.ts';
import { parsePrices } from './pricing.ts';
import { parseAggregate } from './properties.ts';
import { type AllocationQuery, queryAllocations } from './query-allocation.ts';
import { fakePrometheus } from './test/fake-prometheus.ts';
import type { Load, LoadContainer, LoadNode } from './test/load.ts';
import type { Window } from './window.ts';

const origin = Date.UTC(2026, 10, 22);
const resolution = minute;
const length = 4 * hour;
const prices = { cpu: 0.03, ram: 0.004, storage: 0.00005 };
const gib = 1024 ** 3;

/** Machines that test this may be busy. */
const patient = { timeout: 60_000 };
const runs = { numRuns: 40 };

/** A time of the four hours, in whole seconds since the epoch. */
const time = fc.integer({ min: 0, max: length / 1000 }).map((offset) => origin / 1000 + offset);
const period = fc.tuple(time, time).map(([one, other]) => ({ since: Math.min(one, other), until: Math.max(one, other) }));

const containers = fc.array(
  fc.record({
    namespace: fc.constantFrom('a', 'b', 'c'),
    node: fc.constantFrom('w01', 'w02'),
    period,
    cores: fc.integer({ min: 0, max: 4000 }),
    mebibytes: fc.integer({ min: 0, max: 4096 }),
  }),
  { maxLength: 8 },
);

const loads = fc.record({ containers, leftOpen: fc.boolean() }).map(({ containers: given, leftOpen }): Load => ({
  containers: given.map(({ namespace, node, period: running, cores, mebibytes }, index): LoadContainer => ({
    cluster: 'x',
    namespace,
    pod: `pod-${index}`,
    container: 'c',
    node,
    labels: { team: namespace },
    namespaceLabels: {},
    services: [],
    controller: `web-${namespace}`,
    controllerKind: 'daemonset',
    ...running,
    cpuAllocated: cores / 1000,
    cpuRequested: cores / 2000,
    cpuUsed: 0.1,
    cpuUsedMost: 0.2,
    ramAllocated: mebibytes * 2 ** 20,
    ramRequested: 0,
    ramUsed: 1,
    ramUsedMost: 1,
    transferred: 0,
    received: 0,
  })),
  nodes: ['w01', 'w02'].map((name): LoadNode => ({
    cluster: 'x',
    name,
    labels: {},
    since: origin / 1000,
    until: (origin + length) / 1000,
    cpuCapacity: 64,
    cpuAllocatable: 64,
    ramCapacity: 256 * gib,
    ramAllocatable: 256 * gib,
  })),
  claims: [],
  prices,
  leftOpen,
}));

function modelOf(load: Load): CostModel {
  const list = parsePrices(JSON.stringify({ CPU: String(prices.cpu), RAM: String(prices.ram), storage: String(prices.storage) }));
  return {
    prometheus: fakePrometheus(load),
    clusterId: 'x',
    clusterLabel: 'cluster_id',
    prices: () => list,
    maxQueryDuration: 24 * hour,
    resolution,
  };
}

function query(window: Window, changes: Partial<AllocationQuery> & { readonly by?: string } = {}): AllocationQuery {
  const plain = {
    step: undefined,
    accumulation: undefined,
    includeIdle: false,
    idleByNode: false,
    shareIdle: false,
    aggregatedMetadata: false,
    filter: '',
  };
  return { window, resolution, ...plain, aggregate: parseAggregate(changes.by ?? 'namespace'), ...changes };
}

async function cost(load: Load, asked: AllocationQuery): Promise<number> {
  const sets = await queryAllocations(modelOf(load), asked);
  return sets.flatMap(({ allocations }) => [...allocations.values()]).reduce((sum, allocation) => sum + totalCost(allocation), 0);
}

/** What one step of running time costs for all containers: the error that measuring in steps leaves at each bound of a window. */
function oneStep({ containers: all }: Load): number {
  const hourly = all.reduce(
    (sum, { cpuAllocated, ramAllocated }) => sum + cpuAllocated * prices.cpu + (ramAllocated / gib) * prices.ram,
    0,
  );
  return (hourly * resolution) / hour;
}

const whole: Window = { start: origin, end: origin + length };

describe('laws of cost', () => {
  it('adds up over consecutive windows, to one step at each bound', patient, async () => {
    await fc.assert(
      fc.asyncProperty(loads, fc.integer({ min: 1, max: length / minute - 1 }), async (load, bound) => {
        const between = origin + bound * minute;
        const [before, after] = [
          await cost(load, query({ start: origin, end: between })),
          await cost(load, query({ start: between, end: whole.end })),
        ];
        expect(Math.abs(before + after - (await cost(load, query(whole))))).toBeLessThanOrEqual(oneStep(load) + 1e-9);
      }),
      runs,
    );
  });

  it('is the same however it is aggregated', patient, async () => {
    await fc.assert(
      fc.asyncProperty(loads, async (load) => {
        const costs = await Promise.all(
          ['', 'pod', 'namespace', 'cluster', 'node', 'controller', 'deployment', 'label:team', 'namespace,pod', 'all', 'nonsense'].map(
            (by) => cost(load, query(whole, { by })),
          ),
        );
        for (const one of costs) expect(one).toBeCloseTo(costs[0] ?? 0, 9);
      }),
      runs,
    );
  });

  it('is the same in steps that are accumulated as in steps', patient, async () => {
    await fc.assert(
      fc.asyncProperty(loads, fc.constantFrom(hour, 30 * minute), async (load, step) => {
        const steps = await cost(load, query(whole, { step }));
        expect(await cost(load, query(whole, { step, accumulation: 'all' }))).toBeCloseTo(steps, 9);
        expect(Math.abs(steps - (await cost(load, query(whole))))).toBeLessThanOrEqual(oneStep(load) * (length / step) + 1e-9);
      }),
      runs,
    );
  });

  it('with idle is the price of the nodes, shared or not', patient, async () => {
    await fc.assert(
      fc.asyncProperty(loads, fc.boolean(), async (load, shareIdle) => {
        fc.pre(
          load.containers.some(
            ({ cpuAllocated, ramAllocated, since, until }) => cpuAllocated > 0 && ramAllocated > 0 && until - since > 120,
          ),
        );
        const nodes = 2 * (64 * prices.cpu + 256 * prices.ram) * (length / hour);
        expect(await cost(load, query(whole, { includeIdle: true, shareIdle }))).toBeCloseTo(nodes, 6);
      }),
      runs,
    );
  });

  it('of a filter and of its negation is the whole', patient, async () => {
    await fc.assert(
      fc.asyncProperty(loads, fc.constantFrom('namespace:"a"', 'namespace:"a","b"', 'node<~:"w01"'), async (load, filter) => {
        const negated = filter.replace(/(<~)?:/, '!$1:');
        const parts = (await cost(load, query(whole, { filter }))) + (await cost(load, query(whole, { filter: negated })));
        expect(parts).toBeCloseTo(await cost(load, query(whole)), 9);
      }),
      runs,
    );
  });
});

describe('known amounts', () => {
  const base: LoadContainer = {
    cluster: 'x',
    namespace: 'probe',
    pod: 'one',
    container: 'c',
    node: 'w01',
    labels: {},
    namespaceLabels: {},
    services: [],
    controller: '',
    controllerKind: '',
    since: origin / 1000,
    until: (origin + length) / 1000,
    cpuAllocated: 1,
    cpuRequested: 1,
    cpuUsed: 0.5,
    cpuUsedMost: 0.5,
    ramAllocated: gib,
    ramRequested: gib,
    ramUsed: gib / 2,
    ramUsedMost: gib,
    transferred: 0,
    received: 0,
  };
  const claim = {
    cluster: 'x',
    namespace: 'probe',
    name: 'data',
    volume: 'pvc-1',
    pod: 'one',
    bytes: 10 * gib,
    since: base.since,
    until: base.until,
  };
  const load = (changes: Partial<Load>): Load => ({ containers: [base], nodes: [], claims: [], prices, leftOpen: true, ...changes });
  const anHour = { start: origin + hour, end: origin + 2 * hour };

  it('charges 0.034 for one vCPU and 1 GiB in 60 minutes, with left-open ranges and without', async () => {
    expect(await cost(load({}), query(anHour))).toBeCloseTo(0.034, 12);
    expect(await cost(load({ leftOpen: false }), query(anHour))).toBeCloseTo(0.034, 12);
  });

  it('charges 0.0005 more for a claim of 10 GiB, to its pod', async () => {
    const [set] = await queryAllocations(modelOf(load({ claims: [claim] })), query(anHour, { by: 'pod' }));
    expect([...(set?.allocations.keys() ?? [])]).toEqual(['one']);
    expect(await cost(load({ claims: [claim] }), query(anHour))).toBeCloseTo(0.0345, 12);
  });

  it('charges a claim that nobody mounts to its namespace', async () => {
    const [set] = await queryAllocations(modelOf(load({ claims: [{ ...claim, pod: 'gone' }] })), query(anHour, { by: 'namespace,pod' }));
    expect([...(set?.allocations.keys() ?? [])].toSorted()).toEqual(['probe/one', 'probe/probe-unmounted-pvcs']);
  });

  it('has a cost with the first scrape in a window that ends in the future', async () => {
    const scraped = origin / 1000 + 3601;
    const fresh = { ...base, since: scraped, until: scraped + 300 };
    const today = { start: origin, end: origin + 24 * hour };
    expect(await cost(load({ containers: [fresh] }), query(today, { resolution: 5 * minute }))).toBeGreaterThan(0);
    expect(await cost(load({ containers: [fresh] }), query(today, { resolution: minute }))).toBeGreaterThan(0);
  });
});
