import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Api } from './api.ts';
import { type Tool, tools } from './mcp-tools.ts';

/** Releases of the Model Context Protocol that are spoken; the newest first. */
const protocolVersions = ['2025-06-18', '2025-03-26', '2024-11-05'];
const sessionHeader = 'mcp-session-id';

/** Codes of JSON-RPC 2.0. */
const parseError = -32_700;
const invalidRequest = -32_600;
const methodNotFound = -32_601;
const invalidParams = -32_602;

interface Call {
  readonly jsonrpc?: string;
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A call was refused by JSON-RPC. */
class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The release whose protocol and tools this follows. */
const version = '1.120.0 (stand-in)';

/**
 * The MCP server: streamable HTTP on any path, answers as plain JSON (no event stream), a session for each initialize
 * (github.com/modelcontextprotocol/go-sdk with JSONResponse). Its tools tell what the API tells. Does not: cloud costs, efficiency.
 */
export function mcpServer(api: Api): Server {
  const sessions = new Set<string>();
  return createServer((request, response) => {
    void answer(api, sessions, request).then(
      (given) => send(response, given),
      (error: unknown) => {
        console.log(`ERR MCP ${request.method} ${request.url}: ${String(error)}`);
        response.destroy();
      },
    );
  });
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const isText = typeof body === 'string';
  const text = isText ? body : (JSON.stringify(body) ?? '');
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(status, { ...headers, ...(text === '' ? {} : { 'content-type': type }), 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function answer(api: Api, sessions: Set<string>, request: IncomingMessage): Promise<Answer> {
  const session = request.headers[sessionHeader]?.toString();
  if (session !== undefined && !sessions.has(session)) return { status: 404, body: 'session not found\n' };
  if (request.method === 'DELETE' && session !== undefined) {
    sessions.delete(session);
    return { status: 204 };
  }
  if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST, DELETE' }, body: 'method not allowed\n' };
  const accept = request.headers.accept ?? '';
  const acceptsBoth = accept.includes('*/*') || (accept.includes('application/json') && accept.includes('text/event-stream'));
  if (!acceptsBoth) return { status: 400, body: "Accept must contain both 'application/json' and 'text/event-stream'\n" };
  return post(api, sessions, { session, text: (await buffer(request)).toString() });
}

async function post(
  api: Api,
  sessions: Set<string>,
  { session, text }: { readonly session: string | undefined; readonly text: string },
): Promise<Answer> {
  const call = parse(text);
  if (call === undefined) return { status: 400, body: failure(null, new RpcError(parseError, 'malformed payload')) };
  const { id, method = '' } = call;
  if (id === undefined) return { status: 202 };
  try {
    if (method !== 'initialize' && session === undefined)
      throw new RpcError(invalidRequest, `method "${method}" is invalid during session initialization`);
    const result = await dispatch(api, method, call.params ?? {});
    if (method !== 'initialize') return { status: 200, body: { jsonrpc: '2.0', id, result } };
    const opened = randomUUID();
    sessions.add(opened);
    return { status: 200, headers: { [sessionHeader]: opened }, body: { jsonrpc: '2.0', id, result } };
  } catch (error) {
    if (error instanceof RpcError) return { status: 200, body: failure(id, error) };
    throw error;
  }
}

function parse(text: string): Call | undefined {
  try {
    const call: unknown = JSON.parse(text);
    return typeof call === 'object' && call !== null && !Array.isArray(call) ? call : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function failure(id: string | number | null, { code, message }: RpcError): unknown {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

async function dispatch(api: Api, method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
  switch (method) {
    case 'initialize':
      return initialized(params['protocolVersion']);
    case 'ping':
      return {};
    case 'tools/list':
      return { tools: Object.entries(tools).map(([name, tool]) => described(name, tool)) };
    case 'tools/call':
      return called(api, params);
    default:
      throw new RpcError(methodNotFound, `method not found: "${method}"`);
  }
}

function initialized(wanted: unknown): unknown {
  return {
    capabilities: { logging: {}, tools: { listChanged: true } },
    protocolVersion: protocolVersions.find((known) => known === wanted) ?? protocolVersions[0],
    serverInfo: { name: 'opencost-mcp-server', version },
  };
}

function described(name: string, { description, properties, required }: Tool): unknown {
  const types = Object.fromEntries(Object.entries(properties).map(([property, type]) => [property, { type }]));
  return { name, description, inputSchema: { type: 'object', required, properties: types, additionalProperties: false } };
}

/** A tool's own failure is a result that says so; arguments that do not fit its schema are an error of the call. */
async function called(api: Api, params: Readonly<Record<string, unknown>>): Promise<unknown> {
  const name = String(params['name']);
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (tool === undefined) throw new RpcError(invalidParams, `unknown tool "${name}"`);
  const given = (params['arguments'] ?? {}) as Readonly<Record<string, unknown>>;
  checkArguments(tool, given);
  const began = process.hrtime.bigint();
  try {
    const data = await tool.call(api, given);
    const queryInfo = {
      queryId: `query-${randomBytes(8).toString('hex')}`,
      timestamp: new Date().toISOString(),
      processingTime: Number(process.hrtime.bigint() - began),
    };
    const structuredContent = { data, queryInfo };
    return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { content: [{ type: 'text', text: `failed to process ${tool.purpose} request: ${message}` }], isError: true };
  }
}

function checkArguments({ properties, required }: Tool, given: Readonly<Record<string, unknown>>): void {
  const missing = required.filter((name) => given[name] === undefined);
  if (missing.length > 0)
    throw new RpcError(invalidParams, `validating "arguments": validating root: required: missing properties: ${JSON.stringify(missing)}`);
  for (const [name, value] of Object.entries(given)) {
    const type = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (type === undefined)
      throw new RpcError(invalidParams, `validating "arguments": validating root: unexpected additional properties ["${name}"]`);
    if (typeof value !== type)
      throw new RpcError(
        invalidParams,
        `validating "arguments": validating /properties/${name}: type: ${JSON.stringify(value)} has type "${typeof value}", want "${type}"`,
      );
  }
}
