import type { Context } from 'hono';

/** What a request carries, nested as Rails nests `user[email]` and `variables[][name]`. */
export interface Params {
  readonly [name: string]: string | Params | Params[] | undefined;
}

/** The parameters of a form, of a JSON document or of the address. Throws SyntaxError for JSON that is none. */
export async function paramsOf(context: Context): Promise<Params> {
  const query = nest(Object.entries(context.req.query()));
  const type = context.req.header('content-type') ?? '';
  if (type.startsWith('application/json')) return { ...query, ...texts(JSON.parse((await context.req.text()) || '{}')) };
  if (!type.includes('form')) return query;
  const body = await context.req.parseBody({ all: true });
  const pairs = Object.entries(body).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, typeof one === 'string' ? one : '']),
  );
  return { ...query, ...nest(pairs) };
}

export function text(params: Params | undefined, name: string): string {
  const value = params?.[name];
  return typeof value === 'string' ? value : '';
}

export function group(params: Params, name: string): Params | undefined {
  const value = params[name];
  return typeof value === 'object' && !Array.isArray(value) ? value : undefined;
}

export function groups(params: Params, name: string): Params[] | undefined {
  const value = params[name];
  if (Array.isArray(value)) return value;
  return typeof value === 'object' ? (Object.values(value).filter((one) => typeof one === 'object') as Params[]) : undefined;
}

/** Every value as its text, as a form would bring it. */
function texts(document: unknown): Params {
  return Object.fromEntries(Object.entries(Object(document) as Record<string, unknown>).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): string | Params | Params[] | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map(texts);
  return typeof value === 'object' ? texts(value) : `${value as string | number | boolean}`;
}

/** An element of a list ends where the next one repeats a name. */
function nest(pairs: readonly (readonly [string, string])[]): Params {
  const root: Record<string, unknown> = {};
  for (const [name, value] of pairs) {
    const path = [...name.matchAll(/[^[\]]+|\[\]/g)].map(([part]) => part);
    put(root, path, value);
  }
  return root as Params;
}

function put(into: Record<string, unknown>, [head = '', ...rest]: string[], value: string): void {
  if (rest.length === 0) {
    into[head] = value;
    return;
  }
  if (rest[0] === '[]') {
    const items = (into[head] ??= []) as Record<string, unknown>[];
    const [name = ''] = rest.slice(1);
    const open = items.find((item) => !(name in item));
    put(open ?? added(items), rest.slice(1), value);
    return;
  }
  put((into[head] ??= {}) as Record<string, unknown>, rest, value);
}

function added(items: Record<string, unknown>[]): Record<string, unknown> {
  const item = {};
  items.push(item);
  return item;
}
