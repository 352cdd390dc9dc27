import { type Document, isMap, isScalar, parseAllDocuments, stringify } from 'yaml';
import { type Held, documentKinds, keysOfObject } from './keys.ts';

/** A machine configuration that Talos would not load; the message is Talos's own. */
export class ConfigurationRefused extends Error {
  override readonly name = 'ConfigurationRefused';
}

/** One document of a machine configuration. */
export interface ConfigDocument {
  /** `v1alpha1` for the main document, which has no kind. */
  readonly kind: string;
  readonly name: string | undefined;
  readonly value: Record<string, unknown>;
  /** The whole document is to be taken out; only in patches. */
  readonly deleted?: true;
}

const mainKeys = ['machine', 'cluster', 'debug', 'persist'];

/**
 * The documents of a machine configuration, decoded as strictly as Talos does (machinery: config/configloader): every key must
 * be known, no document may come twice. Throws a ConfigurationRefused with Talos's text.
 */
export function decodeConfiguration(text: string, { patch = false }: { patch?: boolean } = {}): ConfigDocument[] {
  const documents = documentsOf(text).map((document) => decodeDocument(document, patch));
  const seen = new Set<string>();
  for (const { kind, name = '' } of documents) {
    const id = `${kind === 'v1alpha1' ? '' : 'v1alpha1'}/${kind}/${name}`;
    if (seen.has(id)) throw new ConfigurationRefused(`duplicate document ${id} is not allowed`);
    seen.add(id);
  }
  return documents;
}

function documentsOf(text: string): Document[] {
  const documents = parseAllDocuments(text, { merge: true });
  if (!Array.isArray(documents)) return [];
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined) throw new ConfigurationRefused(`decode error: yaml: ${error.message.split('\n')[0] ?? ''}`);
  return documents.filter(({ contents }) => contents !== null && !(isScalar(contents) && contents.value === null));
}

function decodeDocument(document: Document, patch: boolean): ConfigDocument {
  if (!isMap(document.contents)) throw new ConfigurationRefused('missing kind');
  const value = document.toJS() as Record<string, unknown>;
  const kind = kindOf(value);
  const name = typeof value['name'] === 'string' && kind !== 'v1alpha1' ? value['name'] : undefined;
  const deleted = patch && value['$patch'] === 'delete';
  if (deleted) return { kind, name, value, deleted };
  const unknown = unknownKeys(value, { kind: 'object', name: kind }, patch);
  if (unknown !== undefined)
    throw new ConfigurationRefused(`unknown keys found during decoding:\n${stringify(unknown, { indent: 4, lineWidth: 0 })}`);
  return { kind, name, value };
}

function kindOf(value: Record<string, unknown>): string {
  const { kind, apiVersion } = value;
  const isMain = mainKeys.some((key) => key in value) || apiVersion === 'v1alpha1';
  if (kind === undefined) {
    if (isMain || value['version'] !== undefined) return 'v1alpha1';
    throw new ConfigurationRefused('missing kind');
  }
  if (typeof kind !== 'string' || !documentKinds.has(kind) || apiVersion !== 'v1alpha1') {
    throw new ConfigurationRefused(`${JSON.stringify(kind)} ${JSON.stringify(apiVersion ?? '')}: not registered`);
  }
  return kind;
}

/** What of a value Talos does not know, in the value's own shape; undefined when it knows all. */
function unknownKeys(value: unknown, held: Held, patch: boolean): unknown {
  if (value === null || value === undefined || held.kind === 'anything' || (patch && isDeletion(value))) return undefined;
  if (held.kind === 'plain') return refuseShape(isPlain(value), value, 'string');
  if (held.kind === 'list') return unknownItems(refuseUnless(Array.isArray(value), value, '[]string') as unknown[], held.of, patch);
  const object = refuseUnless(isObject(value), value, held.kind === 'map' ? 'map[string]string' : `v1alpha1.${held.name}`) as Record<
    string,
    unknown
  >;
  const keys = held.kind === 'object' ? keysOfObject(held.name) : undefined;
  const unknown = Object.entries(object).flatMap(([key, item]) => {
    const inside = held.kind === 'map' ? held.of : keys?.get(key);
    const left = inside === undefined ? item : unknownKeys(item, inside, patch);
    return left === undefined ? [] : [[key, left] as const];
  });
  return unknown.length === 0 ? undefined : Object.fromEntries(unknown);
}

function unknownItems(items: readonly unknown[], held: Held, patch: boolean): unknown {
  const unknown = items.map((item) => unknownKeys(item, held, patch)).filter((left) => left !== undefined);
  return unknown.length === 0 ? undefined : unknown;
}

/** A map that says only that what stands here is to go (Talos: strategic merge patches). */
export function isDeletion(value: unknown): boolean {
  return isObject(value) && value['$patch'] === 'delete';
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object';
}

function refuseShape(fits: boolean, value: unknown, type: string): undefined {
  refuseUnless(fits, value, type);
  return undefined;
}

function refuseUnless(fits: boolean, value: unknown, type: string): unknown {
  if (fits) return value;
  const tag = Array.isArray(value) ? '!!seq' : isObject(value) ? '!!map' : `!!str \`${String(value).slice(0, 7)}\``;
  throw new ConfigurationRefused(`error decoding : yaml: unmarshal errors:\n  cannot unmarshal ${tag} into ${type}`);
}

/** The text of a machine configuration: its documents in the order given. */
export function encodeConfiguration(documents: readonly ConfigDocument[]): string {
  return documents.map(({ value }) => stringify(value, { indent: 4, lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}
