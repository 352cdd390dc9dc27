import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { totalCost } from './allocation.ts';
import { day } from './duration.ts';
import { mcpServer } from './mcp.ts';
import { parsePrices } from './pricing.ts';
import { parseAggregate } from './properties.ts';
import { queryAllocations } from './query-allocation.ts';
import { fakePrometheus } from './test/fake-prometheus.ts';
import { recordedAt, recordedLoad } from './test/recorded-load.ts';
import { parseWindow } from './window.ts';

const load = recordedLoad('allocation-namespace-1d.json', 'namespace');
const model = {
  prometheus: fakePrometheus(load),
  clusterId: 'talos29',
  clusterLabel: 'cluster_id',
  prices: () => parsePrices('{}'),
  maxQueryDuration: day,
  resolution: 300_000,
};
const server = mcpServer({ model, version: 'test', now: () => recordedAt });
let session = '';

interface Rpc {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number };
}

async function post(body: unknown, headers: Record<string, string> = { 'mcp-session-id': session }): Promise<Response> {
  const { port } = server.address() as AddressInfo;
  return fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  });
}

async function call(method: string, params: unknown = {}): Promise<Rpc> {
  return (await (await post({ jsonrpc: '2.0', id: 1, method, params })).json()) as Rpc;
}

const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '0' } },
};

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  session = (await post(initialize, {})).headers.get('mcp-session-id') ?? '';
});

afterAll(() => {
  server.close();
});

it('introduces itself', async () => {
  expect(await (await post(initialize, {})).json()).toMatchObject({
    result: { protocolVersion: '2025-06-18', serverInfo: { name: 'opencost-mcp-server' } },
  });
  expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
});

it('lists the documented tools', async () => {
  const { result } = await call('tools/list');
  const tools = result?.['tools'] as { readonly name: string }[];
  expect(tools.map(({ name }) => name)).toEqual(['get_allocation_costs', 'get_asset_costs', 'get_cloud_costs', 'get_efficiency']);
});

it('tells the totals of the REST API', async () => {
  const { result } = await call('tools/call', { name: 'get_allocation_costs', arguments: { window: '1d', aggregate: 'namespace' } });
  const { data: told } = (result ?? {})['structuredContent'] as {
    data: { allocations: { allocations: { allocations: { name: string; totalCost: number }[] } } };
  };
  const plain = {
    step: undefined,
    accumulation: undefined,
    includeIdle: false,
    idleByNode: false,
    shareIdle: false,
    aggregatedMetadata: false,
    filter: '',
  };
  const [set] = await queryAllocations(model, {
    ...plain,
    window: parseWindow('1d', recordedAt),
    resolution: model.resolution,
    aggregate: parseAggregate('namespace'),
  });
  expect(told.allocations.allocations.allocations.map(({ name, totalCost: total }) => [name, total])).toEqual(
    [...(set?.allocations.values() ?? [])].map((one) => [one.name, totalCost(one)]),
  );
});

it('tells assets and efficiency', async () => {
  const assets = await call('tools/call', { name: 'get_asset_costs', arguments: { window: '1d' } });
  expect(JSON.stringify(assets.result)).toContain('"type":"Node"');
  const efficiency = await call('tools/call', {
    name: 'get_efficiency',
    arguments: { window: '1d', aggregate: 'namespace', filter: 'namespace:"canine-alice"' },
  });
  expect(JSON.stringify(efficiency.result)).toContain('"name":"canine-alice"');
});

it('tells a failure of a tool as a result', async () => {
  expect((await call('tools/call', { name: 'get_cloud_costs', arguments: { window: '1d', aggregate: 'service' } })).result).toMatchObject({
    isError: true,
  });
  expect((await call('tools/call', { name: 'get_asset_costs', arguments: { window: 'banana' } })).result).toMatchObject({ isError: true });
});

it.each([
  ['nosuch/method', {}, -32_601],
  ['tools/call', { name: 'nosuch' }, -32_602],
  ['tools/call', { name: 'get_asset_costs', arguments: {} }, -32_602],
  ['tools/call', { name: 'get_asset_costs', arguments: { window: 7 } }, -32_602],
  ['tools/call', { name: 'get_asset_costs', arguments: { window: '1d', extra: 1 } }, -32_602],
])('refuses %s %j with %i', async (method, params, code) => {
  expect((await call(method, params)).error?.code).toBe(code);
});

it('wants a session that it opened, and both answers accepted', async () => {
  expect((await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'mcp-session-id': 'nosuch' })).status).toBe(404);
  expect((await post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-session-id': session, accept: 'application/json' })).status).toBe(
    400,
  );
});
