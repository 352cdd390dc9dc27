import { z } from 'zod';

/** The parts of a run record that tell of retries; a record without them has none. */
const record = z.object({
  results: z.array(
    z.object({
      requirement: z.object({ id: z.string() }),
      attempts: z.number(),
      retries: z.number().optional(),
      flaky: z.boolean().optional(),
    }),
  ),
});

export interface Retried {
  readonly id: string;
  readonly retries: number;
  /** The retry came to another verdict than the first look. */
  readonly flaky: boolean;
}

/** The results of a run record, as JSON, that needed a retry. */
export function retriedIn(json: unknown): Retried[] {
  return record
    .parse(json)
    .results.map(({ requirement, attempts, retries, flaky = false }) => ({
      id: requirement.id,
      retries: retries ?? Math.max(attempts - 1, 0),
      flaky,
    }))
    .filter(({ retries, flaky }) => retries > 0 || flaky);
}

/** One line for each result that needed a retry; empty when none did. */
export function describeRetried(retried: readonly Retried[]): string {
  return retried.map(({ id, retries, flaky }) => `  retried ${retries} times: ${id}${flaky ? ', FLAKY' : ''}\n`).join('');
}
