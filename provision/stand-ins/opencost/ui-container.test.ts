import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mcpServer } from './mcp.ts';
import { uiServer } from './ui.ts';

const recorded = (name: string): Promise<string> => readFile(join(import.meta.dirname, 'recorded', name), 'utf8');
const allocation = await recorded('allocation-namespace-1d.json');
const assets = await recorded('assets-7d.json');
const badWindow = await recorded('bad-window.json');

/** Parameters with which the recorded API was asked last. */
let asked: Record<string, string> = {};

/** Gives the recorded answers of a real OpenCost. */
const recordedApi = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://opencost');
  asked = Object.fromEntries(searchParams);
  if (searchParams.get('window') === 'banana') response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end(badWindow);
  else if (pathname === '/allocation') response.end(allocation);
  else if (pathname === '/assets') response.end(assets);
  else response.writeHead(404).end('404 page not found\n');
});

const servers: Server[] = [];
let [mcp, ui, session] = ['', '', ''];

interface Rpc {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number };
}

async function started(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function post(body: unknown, headers: Record<string, string> = { 'mcp-session-id': session }): Promise<Response> {
  return fetch(mcp, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  });
}

async function call(method: string, params: unknown = {}): Promise<Rpc> {
  return (await (await post({ jsonrpc: '2.0', id: 1, method, params })).json()) as Rpc;
}

const tool = (name: string, given: unknown): Promise<Rpc> => call('tools/call', { name, arguments: given });

const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '0' } },
};

beforeAll(async () => {
  const api = { host: '127.0.0.1', port: await started(recordedApi) };
  mcp = `http://127.0.0.1:${await started(mcpServer(api))}/`;
  ui = `http://127.0.0.1:${await started(uiServer(api))}`;
  session = (await post(initialize, {})).headers.get('mcp-session-id') ?? '';
});

afterAll(() => {
  for (const server of servers) server.close();
});

it('introduces itself', async () => {
  expect(await (await post(initialize, {})).json()).toMatchObject({
    result: { protocolVersion: '2025-06-18', serverInfo: { name: 'opencost-mcp-server' } },
  });
  expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
});

it('lists the tools whose answers the API has', async () => {
  const { result } = await call('tools/list');
  const tools = result?.['tools'] as { readonly name: string }[];
  expect(tools.map(({ name }) => name)).toEqual(['get_allocation_costs', 'get_asset_costs']);
});

it('tells the totals of the REST API', async () => {
  const { result } = await tool('get_allocation_costs', { window: '1d', aggregate: 'namespace', accumulate: true, share_lb: false });
  expect(asked).toEqual({ window: '1d', aggregate: 'namespace', accumulate: 'true', sharelb: 'false' });
  const { data: told } = (result ?? {})['structuredContent'] as {
    data: { allocations: { allocations: { allocations: { name: string; totalCost: number }[] } } };
  };
  const [set] = (JSON.parse(allocation) as { data: Record<string, { name: string; totalCost: number }>[] }).data;
  expect(told.allocations.allocations.allocations.map(({ name, totalCost }) => [name, totalCost])).toEqual(
    Object.values(set ?? {}).map(({ name, totalCost }) => [name, totalCost]),
  );
});

it('tells the assets of the REST API', async () => {
  const { result } = await tool('get_asset_costs', { window: '7d' });
  expect((result ?? {})['structuredContent']).toMatchObject({
    data: { assets: { assets: { assets: Object.values((JSON.parse(assets) as { data: object }).data) } } },
  });
});

it('tells a refusal of the API as the result of a tool', async () => {
  const { result } = await tool('get_asset_costs', { window: 'banana' });
  expect(result).toMatchObject({ isError: true });
  expect(JSON.stringify(result)).toContain('illegal window: banana');
});

it.each([
  ['nosuch/method', {}, -32_601],
  ['tools/call', { name: 'nosuch' }, -32_602],
  ['tools/call', { name: 'get_asset_costs', arguments: {} }, -32_602],
  ['tools/call', { name: 'get_asset_costs', arguments: { window: 7 } }, -32_602],
  ['tools/call', { name: 'get_asset_costs', arguments: { window: '1d', extra: 1 } }, -32_602],
  ['tools/call', { name: 'get_allocation_costs', arguments: { window: '1d', aggregate: 'pod', filter: 'namespace:"x"' } }, -32_602],
])('refuses %s %j with %i', async (method, params, code) => {
  expect((await call(method, params)).error?.code).toBe(code);
});

it('wants a session that it opened, and both answers accepted', async () => {
  expect((await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'mcp-session-id': 'nosuch' })).status).toBe(404);
  expect((await post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-session-id': session, accept: 'application/json' })).status).toBe(
    400,
  );
});

it.each([
  ['/', 200, '<title>OpenCost</title>'],
  ['/any/path/of/the/application', 200, '<title>OpenCost</title>'],
  ['/opencost.js', 200, '/model/allocation'],
  ['/model/allocation?window=1d', 200, '"code":200'],
  ['/model/allocation?window=banana', 400, 'illegal window: banana'],
  ['/model/nosuch', 404, '404 page not found'],
])('the page: %s is %i', async (path, status, text) => {
  const response = await fetch(`${ui}${path}`);
  expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(text)]);
});
