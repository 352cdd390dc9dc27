/** How the cells of a matrix are told apart: by what came of the attempt, not by what was promised, which the promises say. */
export const cellKinds = {
  connected: { words: 'connected or answered', fill: '#2f6fb3' },
  timeout: { words: 'time-out (silence)', fill: '#ecd9a5' },
  'no-answer': { words: 'connected, then no answer', fill: '#7aa6d6' },
  refused: { words: 'refused', fill: '#d9822b' },
  reset: { words: 'reset', fill: '#8e4a9e' },
  other: { words: 'other (no route, wrong name, probe failed)', fill: '#4a4f57' },
  untried: { words: 'not tried', fill: '#f1f3f5' },
} as const;

export type CellKind = keyof typeof cellKinds;

/** The kind of an outcome (harness/probe/probe.ts) or of a cell that was not tried. */
export function cellKindOf(outcome: string | null | undefined): CellKind {
  switch (outcome) {
    case null:
    case undefined:
      return 'untried';
    case 'connected':
    case 'answered':
    case 'resolved':
      return 'connected';
    case 'timeout':
    case 'no-answer':
    case 'refused':
    case 'reset':
      return outcome;
    default:
      return 'other';
  }
}
