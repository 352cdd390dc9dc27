import type { Result } from '../harness/engine/run-record.ts';

/** That the verdict is not of the first attempt, in words; undefined when it is. */
export function attemptsText({ attempts, verdict }: Pick<Result, 'attempts' | 'verdict'>): string | undefined {
  if (attempts < 2) return undefined;
  const before = `the ${attempts === 2 ? 'one' : attempts - 1} before could not look, or saw nothing come in time`;
  return verdict.kind === 'inconclusive' ? `${attempts}, none of which could look` : `decided by attempt ${attempts}: ${before}`;
}
