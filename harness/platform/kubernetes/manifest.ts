import { readFile } from 'node:fs/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';

/** The objects of a manifest, with values put in for `${NAME}`; throws for a placeholder without a value, and for a value without a placeholder. */
export async function readManifest(file: string, values: Readonly<Record<string, string>>): Promise<KubernetesObject[]> {
  return objectsOf(await readFile(file, 'utf8'), values);
}

/** See readManifest. */
export function objectsOf(text: string, values: Readonly<Record<string, string>>): KubernetesObject[] {
  const unused = new Set(Object.keys(values));
  const filled = text.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the manifest asks for \${${name}}, which has no value`);
    unused.delete(name);
    return value;
  });
  if (unused.size > 0) throw new Error(`the manifest has no place for ${[...unused].join(', ')}`);
  return parseAllDocuments(filled).map((document) => document.toJS() as KubernetesObject);
}
