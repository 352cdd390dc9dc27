import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiServer } from './api.ts';
import type { Faults } from './faults.ts';
import { parsePrices } from './pricing.ts';
import { prometheusAt } from './prometheus.ts';
import { readSettings } from './settings.ts';
import { fakePrometheusServer } from './test/fake-prometheus.ts';
import type { Load } from './test/load.ts';
import { recorded, recordedAt, recordedLoad } from './test/recorded-load.ts';

/** File, path, and what it aggregates by. The stand-in filters where the recorded release did not: these are asked with the fault. */
const allocations = [
  ['allocation-namespace-7d.json', 'window=7d&aggregate=namespace&accumulate=true&resolution=1m', 'namespace'],
  ['allocation-namespace-24h-step1h.json', 'window=24h&step=1h&aggregate=namespace&resolution=1m', 'namespace'],
  ['allocation-namespace-30d-filter.json', 'window=30d&aggregate=namespace&accumulate=true&filter=namespace:"canine-alice"', 'namespace'],
  ['allocation-deployment-7d-filter.json', 'window=7d&aggregate=deployment&accumulate=true&filter=namespace:"canine-alice"', 'deployment'],
  ['allocation-cluster-30d.json', 'window=30d&aggregate=cluster&accumulate=true', 'cluster'],
  ['allocation-month-to-date.json', 'window=2026-11-01T00:00:00Z,2026-11-22T19:45:44Z&aggregate=namespace&accumulate=true', 'namespace'],
  ['allocation-namespace-1d.json', 'window=1d&aggregate=namespace&accumulate=true', 'namespace'],
  ['allocation-pod-1h.json', 'window=1h&aggregate=namespace,pod&accumulate=true', 'namespace,pod'],
  ['allocation-no-aggregate-1h.json', 'window=1h&accumulate=true', ''],
  ['allocation-idle-1h.json', 'window=1h&aggregate=namespace&accumulate=true&includeIdle=true', 'namespace'],
  ['bad-aggregate.json', 'window=1h&aggregate=nonsense', 'nonsense'],
] as const;

let load: Load = recordedLoad('allocation-namespace-1d.json', 'namespace');
let faults: Faults = {};
const servers: Server[] = [];
let origin = '';

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  const prometheusUrl = await listen(fakePrometheusServer(() => load));
  const settings = readSettings({ PROMETHEUS_SERVER_ENDPOINT: prometheusUrl, CLUSTER_ID: 'talos29' });
  const prices = parsePrices('{"CPU":"0.03","RAM":"0.004","storage":"0.00005"}');
  const model = { ...settings, prometheus: prometheusAt(settings), prices: () => prices };
  origin = await listen(apiServer({ model, metrics: async () => '', faults: async () => faults, now: () => recordedAt }));
});

afterAll(() => {
  for (const server of servers) server.close();
});

async function get(path: string): Promise<{ readonly status: number; readonly type: string | null; readonly body: string }> {
  const response = await fetch(`${origin}${path}`);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

/** Same members and types everywhere; numbers within 1 %, or what rounding to five decimals leaves of small ones. */
function differences(actual: unknown, expected: unknown, path = '$'): readonly string[] {
  if (typeof expected === 'number' && typeof actual === 'number') {
    return Math.abs(actual - expected) <= Math.max(Math.abs(expected) * 0.01, 1.01e-5) ? [] : [`${path}: ${actual} instead of ${expected}`];
  }
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    return actual === expected ? [] : [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
  }
  const [given, wanted] = [Object.keys(actual), Object.keys(expected)];
  if (given.join() !== wanted.join()) return [`${path}: members ${given.join()} instead of ${wanted.join()}`];
  return wanted.flatMap((name) =>
    differences((actual as Record<string, unknown>)[name], (expected as Record<string, unknown>)[name], `${path}.${name}`),
  );
}

describe('what was recorded of a real OpenCost', () => {
  for (const [file, parameters, aggregate] of allocations) {
    it(`answers /allocation?${parameters} with the shape and figures of ${file}`, async () => {
      load = recordedLoad(file, aggregate);
      faults = { 'ignore-filter': 'on' };
      const { status, type, body } = await get(`/allocation?${parameters.replaceAll('"', '%22')}`);
      expect(status).toBe(200);
      expect(type).toBe('application/json');
      expect(differences(JSON.parse(body), JSON.parse(recorded(file)))).toEqual([]);
    });
  }

  it('answers /assets with the shape and figures of assets-7d.json, whatever is asked of it', async () => {
    load = recordedLoad('allocation-namespace-7d.json', 'namespace');
    faults = {};
    const { status, body } = await get('/assets?window=7d&aggregate=type&accumulate=true');
    expect(status).toBe(200);
    expect(differences(JSON.parse(body), JSON.parse(recorded('assets-7d.json')))).toEqual([]);
    expect(body).toContain('"minutes":10.000000,');
  });

  it.each([
    ['/allocation?window=banana&aggregate=namespace', 400, 'bad-window.json'],
    ['/allocation?aggregate=namespace', 400, 'no-window.json'],
    ['/costModel/customPricing', 404, 'custom-pricing-404.txt'],
    ['/healthz', 200, 'healthz.txt'],
  ])('answers %s with %i and the body of %s', async (path, status, file) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.body.trimEnd()).toBe(recorded(file).trimEnd());
  });
});

describe('what newer releases document', () => {
  beforeAll(() => {
    load = recordedLoad('allocation-namespace-1d.json', 'namespace');
    faults = {};
  });

  const keys = async (path: string): Promise<readonly (readonly string[])[]> =>
    (JSON.parse((await get(path)).body) as { data: Record<string, unknown>[] }).data.map((set) => Object.keys(set));

  it('filters before it aggregates', async () => {
    expect(await keys('/allocation?window=1d&aggregate=namespace&filter=namespace:%22canine-alice%22')).toEqual([['canine-alice']]);
    expect(await keys('/allocation?window=1d&aggregate=deployment&filter=namespace:%22canine-alice%22')).toEqual([['web']]);
  });

  it('has an empty set for what is not there', async () => {
    expect(await keys('/allocation?window=1d&aggregate=namespace&accumulate=true&filter=namespace:%22nosuch%22')).toEqual([[]]);
  });

  it('refuses what is no filter', async () => {
    const { status, body } = await get('/allocation?window=1d&filter=namespace:canine-alice');
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: 400, data: null });
  });

  it('tells a Prometheus that cannot be reached as 500', async () => {
    const settings = readSettings({ PROMETHEUS_SERVER_ENDPOINT: 'http://127.0.0.1:1', CLUSTER_ID: 'talos29' });
    const model = { ...settings, prometheus: prometheusAt(settings), prices: () => parsePrices('{}') };
    const lonely = await listen(apiServer({ model, metrics: async () => '', faults: async () => ({}), now: () => recordedAt }));
    const response = await fetch(`${lonely}/allocation?window=1d&aggregate=namespace`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      code: 500,
      data: null,
      message: expect.stringContaining('Prometheus communication error'),
    });
  });
});

describe('faults', () => {
  const answer = async (on: Faults, path = '/allocation?window=1d&aggregate=namespace&accumulate=true'): Promise<unknown> => {
    faults = on;
    const { body } = await get(path);
    faults = {};
    return (JSON.parse(body) as { data: unknown }).data;
  };

  it('adds to one total', async () => {
    const [set] = (await answer({ 'wrong-total': '0.25' })) as Record<string, { cpuCost: number; ramCost: number; totalCost: number }>[];
    const wrong = Object.values(set ?? {}).filter(({ cpuCost, ramCost, totalCost }) => Math.abs(totalCost - cpuCost - ramCost) > 0.1);
    expect(wrong).toHaveLength(1);
  });

  it('drops a namespace, all sets, steps', async () => {
    expect(Object.keys(((await answer({ 'drop-namespace': 'kube-system' })) as object[])[0] ?? {})).not.toContain('kube-system');
    expect(await answer({ 'empty-data': 'on' })).toEqual([]);
    expect(await answer({ 'ignore-step': 'on' }, '/allocation?window=1d&step=6h&aggregate=namespace')).toHaveLength(1);
    expect(await answer({ 'ignore-accumulate': 'on' }, '/allocation?window=1d&step=6h&aggregate=namespace&accumulate=true')).toHaveLength(
      4,
    );
  });

  it('wraps assets in an array', async () => {
    expect(await answer({ 'assets-array': 'on' }, '/assets?window=1d')).toHaveLength(1);
  });
});
