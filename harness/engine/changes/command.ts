import { execa } from 'execa';
import { endingWith } from '../process-tree.ts';

/** A command that changes the machine, or takes that back, is given up after this time. */
const deadlineMs = 120_000;

/**
 * Runs a command of the machine; returns its standard output. By the signal it ends at once with all that it has started, which could
 * else change the cluster after the undo. Throws when it fails.
 */
export async function runCommand([program = '', ...args]: readonly string[], signal?: AbortSignal): Promise<string> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  const running = execa(program, args, { cancelSignal: stop, stdin: 'ignore' });
  return (await endingWith(stop, running)).stdout;
}
