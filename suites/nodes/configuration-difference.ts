import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';

/**
 * The parts by which two machine configurations differ: keys of two levels for the main document (`machine.sysctls`), kind and name
 * for the others. Only names are given, for the values are keys and tokens. Throws for a text that is no YAML.
 */
export function configurationDifference(saved: string, live: string): string[] {
  const [one, other] = [partsOf(saved), partsOf(live)];
  const names = [...new Set([...one.keys(), ...other.keys()])].toSorted();
  return names.filter((name) => !isDeepStrictEqual(one.get(name), other.get(name)));
}

function partsOf(text: string): Map<string, unknown> {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return new Map();
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined) throw new Error('a machine configuration is no YAML', { cause: error.code });
  return new Map(documents.flatMap((document) => partsOfDocument(document.toJS() as Record<string, unknown> | null)));
}

function partsOfDocument(document: Record<string, unknown> | null): [string, unknown][] {
  if (document === null) return [];
  const { kind, name } = document;
  if (typeof kind === 'string') return [[typeof name === 'string' ? `${kind} ${name}` : kind, document]];
  return Object.entries(document).flatMap(([key, value]): [string, unknown][] =>
    isRecord(value) ? Object.entries(value).map(([inner, each]): [string, unknown] => [`${key}.${inner}`, each]) : [[key, value]],
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
