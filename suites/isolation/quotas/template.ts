import type { KubernetesObject } from '@kubernetes/client-node';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { refOf } from '../../../harness/platform/kubernetes/raw-objects.ts';

/** The seven objects of the guide's template for a namespace, as the cluster's profile has them. */
export async function templateObjects({ descriptor }: Pick<Cluster, 'descriptor'>, namespace: string): Promise<KubernetesObject[]> {
  return readManifest(`${import.meta.dirname}/template.${descriptor.profile}.yaml`, { NS: namespace });
}

/** How a namespace differs from the template, a line for each key; an object that is not there is one line. */
export async function templateDifferences(
  cluster: Pick<Cluster, 'descriptor' | 'kubernetes'>,
  namespace: string,
  signal: AbortSignal,
): Promise<string[]> {
  const objects = await templateObjects(cluster, namespace);
  const differing = await Promise.all(
    objects.map(async (object) => objectDifferences(object, await cluster.kubernetes.raw.read(refOf(object), signal))),
  );
  return differing.flat();
}

function objectDifferences(expected: KubernetesObject, saw: KubernetesObject | undefined): string[] {
  const name = `${expected.kind} ${expected.metadata?.name}`;
  if (saw === undefined) return [`${name} is missing`];
  const sections = Object.keys(expected).filter((key) => !['apiVersion', 'kind', 'metadata'].includes(key));
  return sections
    .flatMap((section) => differences(section, asRecord(expected)[section], asRecord(saw)[section]))
    .map((text) => `${name} ${text}`);
}

/** What two values differ in, by path; keys that either of them lacks are differences too. */
export function differences(path: string, expected: unknown, saw: unknown): string[] {
  if (!isNested(expected) || !isNested(saw) || Array.isArray(expected) !== Array.isArray(saw)) {
    return Object.is(expected, saw) ? [] : [`${path}: ${valueText(saw)} instead of ${valueText(expected)}`];
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(saw)]);
  return [...keys].flatMap((key) => differences(`${path}.${key}`, asRecord(expected)[key], asRecord(saw)[key]));
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function asRecord(value: object): Record<string, unknown> {
  return value as Record<string, unknown>;
}

function valueText(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
