import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import type { Cluster } from '../../harness/platform/cluster.ts';
import type { PodPlace } from '../../harness/platform/kubernetes/kubernetes.ts';
import { withArguments } from '../../harness/probe/shell-words.ts';

/** What a program in a pod gets for a name. */
export interface Resolved {
  readonly addresses: readonly string[];
  /** The lines of resolv.conf. */
  readonly configuration: readonly string[];
}

/** Asks a pod's own resolver for a name as programs have it, without a final dot. Throws when there is no command in the pod. */
export async function resolvedInPod(
  { kubernetes }: Pick<Cluster, 'kubernetes'>,
  { place, name, withinMs }: { place: PodPlace; name: string; withinMs: number },
  signal: AbortSignal,
): Promise<Resolved> {
  const program = await readFile(join(import.meta.dirname, 'pod-resolver.sh'), 'utf8');
  const output = await kubernetes.run(place, withArguments(program, [name, String(Math.ceil(withinMs / 1000))]), signal);
  return resolvedIn(output);
}

/** What the script printed. */
export function resolvedIn(output: string): Resolved {
  const lines = output.split('\n').map((line) => line.trim());
  return {
    addresses: lines.filter((line) => isIPv4(line)),
    configuration: lines.filter((line) => /^(nameserver|search|options)\s/.test(line)),
  };
}
