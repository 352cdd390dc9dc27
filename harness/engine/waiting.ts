import { setTimeout as delay } from 'node:timers/promises';

/** A wait that came to its deadline; says what it waited for and what it saw last. */
export class WaitTimeout extends Error {
  override readonly name = 'WaitTimeout';
  readonly what: string;
  readonly last: string;

  constructor(what: string, { timeoutMs, last }: { timeoutMs: number; last: string }) {
    super(`${what}: not within ${timeoutMs / 1000} s, last ${last}`);
    this.what = what;
    this.last = last;
  }
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** Polls until the answer is something; throws a WaitTimeout with the last answer's description at the deadline. */
export async function until<T>(what: string, options: WaitOptions, poll: () => Promise<{ done: T } | { notYet: string }>): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal.throwIfAborted();
    const answer = await poll();
    if ('done' in answer) return answer.done;
    if (Date.now() >= deadline) throw new WaitTimeout(what, { timeoutMs: options.timeoutMs, last: answer.notYet });
    await delay(options.everyMs, undefined, { signal: options.signal });
  }
}
