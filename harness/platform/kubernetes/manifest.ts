import { readFile } from 'node:fs/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';

export type TemplateValues = Readonly<Record<string, string>>;

/** The objects of a manifest; see fillTemplate. */
export async function readManifest(file: string, values: TemplateValues): Promise<KubernetesObject[]> {
  return objectsOf(await readFile(file, 'utf8'), values, file);
}

/** The text of a file; see fillTemplate. */
export async function readTemplate(file: string, values: TemplateValues): Promise<string> {
  return fillTemplate(await readFile(file, 'utf8'), values, file);
}

/** The objects of a manifest's text; see fillTemplate. */
export function objectsOf(text: string, values: TemplateValues, file?: string): KubernetesObject[] {
  return parseAllDocuments(fillTemplate(text, values, file)).map((document) => document.toJS() as KubernetesObject);
}

/**
 * Puts a value in for each `${NAME}`; `$${NAME}` becomes `${NAME}`, for a shell that reads it later.
 * Throws for a placeholder without a value and for a value without a placeholder, and names the file.
 */
export function fillTemplate(text: string, values: TemplateValues, file = 'the manifest'): string {
  const unused = new Set(Object.keys(values));
  const filled = text.replaceAll(/\$?\$\{([A-Z][A-Z0-9_]*)\}/g, (placeholder, name: string) => {
    if (placeholder.startsWith('$$')) return placeholder.slice(1);
    const value = values[name];
    if (value === undefined) throw new Error(`${file} asks for \${${name}}, which has no value`);
    unused.delete(name);
    return value;
  });
  if (unused.size > 0) throw new Error(`${file} has no place for ${[...unused].join(', ')}`);
  return filled;
}
