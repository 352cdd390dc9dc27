import type { RunRecord } from '../../harness/engine/run-record.ts';

export interface Retried {
  readonly id: string;
  readonly retries: number;
  /** The second look came to another verdict than the first. */
  readonly flaky: boolean;
}

/** The results of a run that needed a second look. */
export function retriedIn({ results }: Pick<RunRecord, 'results'>): Retried[] {
  return results
    .map(({ requirement, attempts, flaky }) => ({ id: requirement.id, retries: Math.max(attempts - 1, 0), flaky }))
    .filter(({ retries, flaky }) => retries > 0 || flaky);
}

/** One line for each result that needed a second look; empty when none did. */
export function describeRetried(retried: readonly Retried[]): string {
  return retried.map(({ id, retries, flaky }) => `  retried ${retries} times: ${id}${flaky ? ', FLAKY' : ''}\n`).join('');
}
