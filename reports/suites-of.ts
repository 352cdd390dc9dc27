import type { Result } from '../harness/engine/run-record.ts';

/** The results by suite; suites and results keep the order of the record. */
export function bySuite(results: readonly Result[]): [string, Result[]][] {
  return [...Map.groupBy(results, (result) => result.requirement.suite)];
}
