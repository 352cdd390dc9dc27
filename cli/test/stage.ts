/** What came of a stage: how many tests it was, and how they ended. */
export interface StageEnd {
  readonly passed: number;
  readonly failed: number;
  /** The text that explains a failure; empty when it was shown while the stage ran, or when there is none. */
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

/** A stage that has ended, and how long it took. */
export interface EndedStage {
  readonly id: string;
  readonly end: StageEnd;
  readonly durationMs: number;
}

/** The last lines of a failed stage's output that are printed. */
const shownLines = 60;

/** A stage that is one test. */
export function single(passed: boolean, output: string): StageEnd {
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, output };
}

/** One line for a stage that has ended, and below it the text that explains a failure. */
export function describeStage(title: string, end: StageEnd, durationMs: number): string {
  const counts = end.passed + end.failed > 1 ? ` (${end.passed} passed, ${end.failed} failed)` : '';
  const line = `${title}: ${outcomeWord(end)} after ${seconds(durationMs)}${counts}`;
  if (end.failed === 0 || end.output.trim() === '') return line;
  const lines = end.output.trimEnd().split('\n');
  const left = lines.length > shownLines ? [`    ... ${lines.length - shownLines} lines before these`] : [];
  return [line, ...left, ...lines.slice(-shownLines).map((one) => `    ${one}`)].join('\n');
}

/** A line for each stage with its time, and one for all of them. */
export function describeTimes(stages: readonly EndedStage[]): string {
  const rows = [
    ...stages.map(({ id, end, durationMs }) => [id, outcomeWord(end), seconds(durationMs)] as const),
    ['all stages', '', seconds(stages.reduce((total, { durationMs }) => total + durationMs, 0))] as const,
  ];
  const width = Math.max(...rows.map(([id]) => id.length));
  return rows.map(([id, outcome, time]) => `  ${id.padEnd(width)}  ${outcome.padEnd(6)}  ${time.padStart(9)}`).join('\n');
}

/** The last line of the output, which others read: keep it as it is. */
export function describeTotal(ends: readonly StageEnd[]): string {
  const sum = (key: 'passed' | 'failed'): number => ends.reduce((total, end) => total + end[key], 0);
  return `${sum('passed')} passed, ${sum('failed')} failed`;
}

function outcomeWord({ failed }: StageEnd): string {
  return failed > 0 ? 'FAILED' : 'passed';
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
