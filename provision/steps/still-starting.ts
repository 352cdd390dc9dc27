import { WaitTimeout, until } from '../../harness/engine/waiting.ts';
import type { Work } from '../../harness/engine/work.ts';
import type { CommandAnswer } from './command.ts';

/** The words by which kubectl says that an API or webhook does not answer yet, as against refusing the request. */
const stillStarting = [
  'connection refused',
  'was refused - did you specify the right host or port?',
  'TLS handshake timeout',
  'no endpoints available',
  'no matches for kind',
  'unable to handle the request',
  'ensure CRDs are installed first',
  'context deadline exceeded',
  'i/o timeout',
  'EOF',
  'no route to host',
  'certificate signed by unknown authority',
  "the server doesn't have a resource type",
  'failed to call webhook',
  'not found, no such service',
  'etcdserver: request timed out',
  'etcdserver: leader changed',
];

/** The exit codes of a guide's script whose `curl -s` was refused or had no answer in time (curl(1), EXIT CODES). */
const curlCannotConnect = [7, 28];

/** Whether a failed command may succeed unchanged a little later. */
export function isStillStarting(stderr: string): boolean {
  return stillStarting.some((words) => stderr.includes(words));
}

/**
 * Repeats a command while it says that the API it needs is only starting. Returns its first other answer, or its last
 * answer at the deadline.
 */
export async function onceStarted(
  what: string,
  work: Work & {
    readonly timeoutMs: number;
    /** More words that say so. */
    readonly orSays?: string;
    /** Words of a refusal that will not change, whatever it looks like. */
    readonly unlessSays?: string;
    readonly everyMs?: number;
  },
  run: () => Promise<CommandAnswer>,
): Promise<CommandAnswer> {
  let last: CommandAnswer | undefined;
  const poll = async (): Promise<{ done: CommandAnswer } | { notYet: string }> => {
    const answer = await run();
    last = answer;
    const isSaid = work.orSays !== undefined && answer.stderr.includes(work.orSays);
    const starting = isSaid || isStillStarting(answer.stderr) || curlCannotConnect.includes(answer.code);
    const isFinal = work.unlessSays !== undefined && answer.stderr.includes(work.unlessSays);
    if (answer.code === 0 || isFinal || !starting) return { done: answer };
    const words = answer.stderr.trim().split('\n')[0] ?? '';
    work.say(`waiting for ${what}: ${words}`);
    return { notYet: words };
  };
  try {
    return await until(what, { timeoutMs: work.timeoutMs, everyMs: work.everyMs ?? 500, signal: work.signal }, poll);
  } catch (error) {
    if (error instanceof WaitTimeout && last !== undefined) return last;
    throw error;
  }
}
