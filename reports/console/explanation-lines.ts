import type { Explanation } from '../explanation.ts';
import { plainLines } from '../plain-text.ts';
import { labelled, labelledTextWidth, wrapped } from './columns.ts';

/** One explanation, indented under its requirement; `Next` is never broken, so that its command can be copied. */
export function explanationLines({ label, text }: Explanation): string[] {
  const lines = plainLines(text);
  return labelled(label, label === 'Next' ? lines : lines.flatMap((line) => wrapped(line, labelledTextWidth)));
}
