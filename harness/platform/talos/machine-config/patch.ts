import { parse } from 'yaml';
import { type ConfigDocument, ConfigurationRefused, decodeConfiguration, encodeConfiguration, isDeletion, isObject } from './decode.ts';

/** A change to a machine configuration: documents to merge, or a list of JSON patch operations (RFC 6902). */
export type ConfigPatch =
  | { readonly kind: 'merge'; readonly documents: readonly ConfigDocument[] }
  | { readonly kind: 'json'; readonly operations: readonly JsonOperation[] };

interface JsonOperation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** Reads a patch as talosctl does: strictly as documents first, then as a JSON patch. Throws a ConfigurationRefused. */
export function readPatch(text: string): ConfigPatch {
  try {
    return { kind: 'merge', documents: decodeConfiguration(text, { patch: true }) };
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    const operations = jsonOperations(text);
    if (operations === undefined) throw error;
    return { kind: 'json', operations };
  }
}

function jsonOperations(text: string): JsonOperation[] | undefined {
  try {
    const value: unknown = parse(text);
    return Array.isArray(value) && value.every((item) => isObject(item) && typeof item['op'] === 'string')
      ? (value as JsonOperation[])
      : undefined;
  } catch {
    return undefined;
  }
}

/** The text of the patched configuration; the given text is not judged beyond decoding. Throws a ConfigurationRefused. */
export function patchConfiguration(configuration: string, patch: ConfigPatch): string {
  const documents = decodeConfiguration(configuration);
  if (patch.kind === 'merge') return encodeConfiguration(mergeDocuments(documents, patch.documents));
  const [only, ...others] = documents;
  if (only === undefined || others.length > 0)
    throw new ConfigurationRefused('JSON6902 patches are not supported for multi-document machine configuration');
  const value = structuredClone(only.value);
  for (const operation of patch.operations) applyOperation(value, operation);
  return encodeConfiguration(decodeConfiguration(encodeConfiguration([{ ...only, value }])));
}

/** Documents of the same kind and name are merged, others are added, in the patch's order. */
function mergeDocuments(left: readonly ConfigDocument[], right: readonly ConfigDocument[]): ConfigDocument[] {
  const merged = [...left];
  for (const document of right) {
    const index = merged.findIndex(({ kind, name }) => kind === document.kind && name === document.name);
    const existing = merged[index];
    if (existing === undefined) {
      if (document.deleted !== true) merged.push(document);
    } else if (document.deleted === true) {
      merged.splice(index, 1);
    } else {
      merged[index] = { ...existing, value: mergeMaps(existing.value, document.value, document.kind) };
    }
  }
  return merged;
}

/** Lists that a patch replaces; every other list grows by what the patch has (machinery: struct tag merge:"replace"). */
const replaced: ReadonlySet<string> = new Set([
  'v1alpha1.cluster.network.podSubnets',
  'v1alpha1.cluster.network.serviceSubnets',
  'v1alpha1.cluster.apiServer.auditPolicy',
  'NetworkRuleConfig.ingress',
  'NetworkRuleConfig.portSelector.ports',
]);

/** Lists whose items are one thing each: an item with the same key is merged with the one that is there. */
const keyedLists: Readonly<Record<string, string>> = {
  'v1alpha1.machine.network.interfaces': 'interface',
  'v1alpha1.machine.network.interfaces.vlans': 'vlanId',
  'v1alpha1.cluster.apiServer.admissionControl': 'name',
  'ExtensionServiceConfig.configFiles': 'mountPath',
};

function mergeMaps(left: Record<string, unknown>, right: Record<string, unknown>, path: string): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right)) {
    if (isDeletion(value)) delete merged[key];
    else merged[key] = mergeValues(left[key], value, `${path}.${key}`);
  }
  return merged;
}

/** Empty text and nothing never replace what is there; `false` and 0... only `false` does (machinery: config/merge). */
function mergeValues(left: unknown, right: unknown, path: string): unknown {
  if (right === null || right === undefined || right === '' || right === 0) return left ?? right;
  if (left === null || left === undefined || replaced.has(path)) return right;
  if (Array.isArray(left) && Array.isArray(right)) return mergeLists(left, right, path);
  if (isObject(left) && isObject(right)) return mergeMaps(left, right, path);
  return right;
}

function mergeLists(left: readonly unknown[], right: readonly unknown[], path: string): unknown[] {
  const key = keyedLists[path];
  if (key === undefined) return [...left, ...right];
  const merged = [...left];
  for (const item of right) {
    const index = merged.findIndex(
      (existing) => isObject(existing) && isObject(item) && item[key] !== undefined && existing[key] === item[key],
    );
    if (index === -1) merged.push(item);
    else merged[index] = mergeMaps(merged[index] as Record<string, unknown>, item as Record<string, unknown>, path);
  }
  return merged;
}

function applyOperation(root: Record<string, unknown>, { op, path, value }: JsonOperation): void {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>(
    (place, key) => (Array.isArray(place) || isObject(place) ? (place as Record<string, unknown>)[key] : undefined),
    root,
  );
  if (!Array.isArray(parent) && !isObject(parent)) throw missing(op, path);
  if (op === 'add') addAt(parent, last, value);
  else if (!(last in parent)) throw missing(op, path);
  else if (op === 'replace') (parent as Record<string, unknown>)[last] = value;
  else if (op === 'remove') removeAt(parent, last);
  else throw new ConfigurationRefused(`Unexpected kind: ${op}`);
}

function addAt(parent: unknown[] | Record<string, unknown>, key: string, value: unknown): void {
  if (Array.isArray(parent)) parent.splice(key === '-' ? parent.length : Number(key), 0, value);
  else parent[key] = value;
}

function removeAt(parent: unknown[] | Record<string, unknown>, key: string): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

function missing(op: string, path: string): ConfigurationRefused {
  return new ConfigurationRefused(`${op} operation does not apply: doc is missing path: ${path}: missing value`);
}
