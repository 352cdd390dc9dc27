import type { Result } from '../harness/engine/run-record.ts';

/** The components under a verdict that were not the documented ones, as words; undefined when all were, or nothing was looked at. */
export function standIns({ basis, verdict }: Pick<Result, 'basis' | 'verdict'>): string | undefined {
  if (verdict.kind === 'not-run') return undefined;
  return basis.kind === 'stand-in' ? basis.components.join(', ') : undefined;
}
