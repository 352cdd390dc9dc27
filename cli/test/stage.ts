/** What came of a stage: how many tests it was, and how they ended. */
export interface StageEnd {
  readonly passed: number;
  readonly failed: number;
  /** What is needed to understand a failure; empty when it was shown while it ran, or when there is none. */
  readonly output: string;
}

/** One part of the product's own tests. */
export interface Stage {
  readonly id: string;
  readonly title: string;
  /** Needs a lab, and with it root and minutes. */
  readonly lab: boolean;
  run(signal: AbortSignal): Promise<StageEnd>;
}

/** The last lines of a failed stage's output that are printed. */
const shownLines = 60;

/** A stage that is one test. */
export function single(passed: boolean, output: string): StageEnd {
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, output };
}

/** One line for a stage that has ended, and below it what explains a failure. */
export function describeStage(title: string, end: StageEnd, durationMs: number): string {
  const outcome = end.failed > 0 ? 'FAILED' : 'passed';
  const counts = end.passed + end.failed > 1 ? ` (${end.passed} passed, ${end.failed} failed)` : '';
  const line = `${title}: ${outcome} after ${(durationMs / 1000).toFixed(1)} s${counts}`;
  if (end.failed === 0 || end.output.trim() === '') return line;
  const lines = end.output.trimEnd().split('\n');
  const left = lines.length > shownLines ? [`    ... ${lines.length - shownLines} lines before these`] : [];
  return [line, ...left, ...lines.slice(-shownLines).map((one) => `    ${one}`)].join('\n');
}

/** The last line of the output, which others read: keep it as it is. */
export function describeTotal(ends: readonly StageEnd[]): string {
  const sum = (key: 'passed' | 'failed'): number => ends.reduce((total, end) => total + end[key], 0);
  return `${sum('passed')} passed, ${sum('failed')} failed`;
}
