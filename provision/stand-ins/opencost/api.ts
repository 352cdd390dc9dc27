import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AllocationSet } from './allocation.ts';
import { allocationJson, sorted } from './allocation-json.ts';
import { type Accumulation, accumulations } from './aggregate.ts';
import { computeAssets } from './assets.ts';
import { assetsJson } from './assets-json.ts';
import type { CostModel } from './compute.ts';
import { parseDuration } from './duration.ts';
import type { Faults } from './faults.ts';
import { parseAggregate } from './properties.ts';
import { type AllocationQuery, queryAllocations, QueryError } from './query-allocation.ts';
import { parseWindow } from './window.ts';

export interface ApiInput {
  readonly model: CostModel;
  /** The text of /metrics. */
  readonly metrics: () => Promise<string>;
  readonly faults: () => Promise<Faults>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = 'application/json';
const plain = 'text/plain; charset=utf-8';

/** The REST API. */
export function apiServer(input: ApiInput): Server {
  return createServer((request, response) => {
    void answer(input, request).then(
      (given) => send(request, response, given),
      (error: unknown) => {
        console.log(`ERR ${request.method} ${request.url}: ${String(error)}`);
        send(request, response, failure('', 500, String(error)));
      },
    );
  });
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  const origin = request.headers.origin === undefined ? {} : { 'access-control-allow-origin': '*' };
  const sniff = type === plain && body !== '' ? { 'x-content-type-options': 'nosniff' } : {};
  response.writeHead(status, {
    vary: 'Origin',
    ...origin,
    ...sniff,
    ...(body === '' ? {} : { 'content-type': type }),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

type Route = (input: ApiInput, parameters: URLSearchParams) => Promise<Answer>;

const routes: Readonly<Record<string, Route>> = {
  '/allocation': allocation,
  '/assets': assets,
  '/metrics': metrics,
  '/healthz': async () => ({ status: 200, type: plain, body: '' }),
};

async function answer(input: ApiInput, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://opencost');
  const route = routes[url.pathname];
  if (route === undefined) return { status: 404, type: plain, body: '404 page not found\n' };
  if (request.method !== 'GET' && url.pathname !== '/metrics') return { status: 405, type: plain, body: 'Method Not Allowed\n' };
  return route(input, url.searchParams);
}

async function metrics({ metrics: text, faults }: ApiInput): Promise<Answer> {
  if ((await faults())['no-metrics'] !== undefined) return { status: 503, type: plain, body: 'no metrics\n' };
  return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores', body: await text() };
}

/**
 * A bad window is told twice, as plain text and then as JSON with another code, and the HTTP status is the first one's: so OpenCost
 * does (recorded: bad-window.json, no-window.json).
 */
async function allocation({ model, faults, now }: ApiInput, parameters: URLSearchParams): Promise<Answer> {
  const on = await faults();
  const text = parameters.get('window') ?? '';
  const query = allocationQuery(model, withFaults(parameters, on), now());
  const complaint = query.window === undefined ? `Invalid 'window' parameter: illegal window: ${text}\n` : '';
  try {
    const sets = await queryAllocations(model, query);
    return success(goJson(allocationData(sets, on)));
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    if (error.status === 500) console.log(`ERR ${error.message}`);
    return failure(complaint, error.status, error.message);
  }
}

function withFaults(parameters: URLSearchParams, faults: Faults): URLSearchParams {
  const kept = new URLSearchParams(parameters);
  for (const name of ['filter', 'step', 'accumulate'] as const) if (faults[`ignore-${name}`] !== undefined) kept.delete(name);
  return kept;
}

function allocationQuery(model: CostModel, parameters: URLSearchParams, now: number): AllocationQuery {
  const text = (name: string): string => parameters.get(name) ?? '';
  return {
    window: parseWindow(text('window'), now),
    step: parseDuration(text('step')),
    resolution: parseDuration(text('resolution')) || model.resolution,
    aggregate: parseAggregate(text('aggregate')),
    accumulation:
      accumulation(text('accumulateBy')) ?? accumulation(text('accumulate')) ?? (isTrue(text('accumulate')) ? 'all' : undefined),
    includeIdle: isTrue(text('includeIdle')),
    idleByNode: isTrue(text('idleByNode')),
    shareIdle: isTrue(text('shareIdle')),
    aggregatedMetadata: isTrue(text('includeAggregatedMetadata')),
    filter: text('filter'),
  };
}

function accumulation(text: string): Accumulation | undefined {
  return accumulations.find((candidate) => candidate === text.toLowerCase());
}

/** What Go's ParseBool takes for true. */
function isTrue(text: string): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}

function allocationData(sets: readonly AllocationSet[], faults: Faults): unknown {
  if (faults['empty-data'] !== undefined) return [];
  const dropped = faults['drop-namespace'];
  const data = sets.map(({ allocations }) =>
    Object.fromEntries(
      sorted(allocations)
        .filter(([, { properties }]) => properties.namespace !== dropped)
        .map(([key, value]) => [key, allocationJson(value)]),
    ),
  );
  const first = Object.values(data.find((set) => Object.keys(set).length > 0) ?? {})[0];
  if (faults['wrong-total'] !== undefined && first !== undefined)
    first['totalCost'] = Number(first['totalCost']) + (Number(faults['wrong-total']) || 0.01);
  return data;
}

/** Parameters but the window are not read here: neither aggregate nor accumulate changes the answer. */
async function assets({ model, faults, now }: ApiInput, parameters: URLSearchParams): Promise<Answer> {
  const on = await faults();
  const text = parameters.get('window') ?? '';
  const window = parseWindow(text, now());
  if (window === undefined) return { status: 400, type: plain, body: `Invalid 'window' parameter: illegal window: ${text}\n` };
  const all = await computeAssets(model, window, model.resolution);
  const body = assetsJson(on['hide-disks'] === undefined ? all : all.filter(({ kind }) => kind !== 'Disk'), window);
  return success(on['assets-array'] === undefined ? body : `[${body}]`);
}

function success(data: string): Answer {
  return { status: 200, type: json, body: `{"code":200,"status":"success","data":${data}}` };
}

function failure(complaint: string, status: number, message: string): Answer {
  const body = `${complaint}${goJson({ code: status, status: '', data: null, message: `Error: ${message}` })}`;
  return complaint === '' ? { status, type: json, body } : { status: 400, type: plain, body };
}

/** JSON as Go writes it: characters of HTML are escaped. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
