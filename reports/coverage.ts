import type { Result } from '../harness/engine/run-record.ts';

/** How much of what was selected was decided, and how much of that on the documented components. */
export interface Coverage {
  readonly selected: number;
  /** Kept, rehearsed, broken or waived: a look was taken and it decided. */
  readonly decided: number;
  readonly decidedOnRealParts: number;
}

/** The coverage of these results. */
export function coverageOf(results: readonly Result[]): Coverage {
  const decided = results.filter(isDecided);
  const real = decided.filter((result) => result.basis.kind === 'real');
  return { selected: results.length, decided: decided.length, decidedOnRealParts: real.length };
}

/** The coverage in words; the percentage is rounded down, so that 100 % means all. */
export function coverageText(coverage: Coverage): string {
  if (coverage.selected === 0) return 'no requirement was selected';
  const percent = Math.floor((100 * coverage.decided) / coverage.selected);
  return `${coverage.decided} of ${coverage.selected} selected requirements decided (${percent} %), ${coverage.decidedOnRealParts} on real parts`;
}

function isDecided(result: Result): boolean {
  return result.verdict.kind !== 'inconclusive' && result.verdict.kind !== 'not-run';
}
