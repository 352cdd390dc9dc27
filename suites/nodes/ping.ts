import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { shellCommand } from '../../harness/probe/shell-words.ts';

/** The number of answers to four echo requests, from a host or node. Throws when ping did not run there. */
export async function answersOfFour(
  cluster: Pick<Cluster, 'runAt'>,
  { from, to }: { from: string; to: string },
  signal: AbortSignal,
): Promise<number> {
  const program = await readFile(join(import.meta.dirname, 'ping.sh'), 'utf8');
  const output = await cluster.runAt(from, shellCommand(program, [to]), signal);
  const received = /(\d+) (?:packets )?received/.exec(output)?.[1];
  if (received === undefined) throw new Error(`ping of ${to} at ${from} told no number of answers: ${output.slice(0, 300)}`);
  return Number(received);
}
