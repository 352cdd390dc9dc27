import type { Work } from '../../../harness/engine/work.ts';

/** Runs tasks in their order, so many at a time; the first failure stops the others before it is thrown. */
export async function inLanes(work: Work, lanes: number, tasks: readonly ((work: Work) => Promise<void>)[]): Promise<void> {
  const failure = new AbortController();
  const inner: Work = { signal: AbortSignal.any([work.signal, failure.signal]), say: work.say };
  const queue = [...tasks];
  const lane = async (): Promise<void> => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      inner.signal.throwIfAborted();
      await task(inner);
    }
  };
  const started = Array.from({ length: lanes }, () =>
    lane().catch((error: unknown) => {
      if (!failure.signal.aborted) failure.abort(error);
      throw error;
    }),
  );
  const ends = await Promise.allSettled(started);
  work.signal.throwIfAborted();
  if (ends.some((end) => end.status === 'rejected')) throw failure.signal.reason;
}
