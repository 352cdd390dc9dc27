import type { Result, Verdict } from '../harness/engine/run-record.ts';
import { attemptsText } from './attempts-text.ts';
import { plainLines } from './plain-text.ts';
import { resultText } from './series/series-text.ts';

/** One labelled line of what a reader is told: `Expected`, `Saw`, `Next`, ... */
export interface Explanation {
  readonly label: 'Expected' | 'Saw' | 'Next' | 'Reason' | 'Waived' | 'Sampled' | 'Attempts' | 'Erratum';
  readonly text: string;
}

/** Why a result has its verdict, in reading order; nothing for `kept`. */
export function explanationsOf(result: Result): Explanation[] {
  if (result.verdict.kind === 'kept') return [];
  return [
    ...verdictExplanations(result.verdict),
    ...sampledExplanations(result),
    ...attemptsExplanations(result),
    ...erratumExplanations(result),
  ];
}

/** The explanations as text, one labelled paragraph each, for reports that show plain text. */
export function explanationText(result: Result): string {
  return paragraphs(explanationsOf(result));
}

/** Labelled paragraphs, the lines of one below one another. */
export function paragraphs(explanations: readonly Explanation[]): string {
  return explanations.map(({ label, text }) => label.padEnd(10) + plainLines(text).join(`\n${' '.repeat(10)}`)).join('\n');
}

function verdictExplanations(verdict: Verdict): Explanation[] {
  switch (verdict.kind) {
    case 'kept':
      return [];
    case 'broken':
      return [
        { label: 'Expected', text: verdict.expected },
        { label: 'Saw', text: verdict.saw },
        { label: 'Next', text: verdict.next },
      ];
    case 'inconclusive':
      return [
        { label: 'Reason', text: verdict.reason },
        { label: 'Next', text: verdict.next },
      ];
    case 'not-run':
      return [{ label: 'Reason', text: verdict.reason }];
    case 'waived':
      return [
        { label: 'Saw', text: verdict.saw },
        { label: 'Waived', text: `by ${verdict.owner} until ${verdict.until}` },
      ];
  }
}

function sampledExplanations({ series }: Result): Explanation[] {
  return series.map((each) => ({ label: 'Sampled', text: `${each.name}: ${resultText(each)}` }));
}

function attemptsExplanations(result: Result): Explanation[] {
  const text = attemptsText(result);
  return text === undefined ? [] : [{ label: 'Attempts', text }];
}

function erratumExplanations(result: Result): Explanation[] {
  return result.errata.map(({ id, section, happens, correction }) => ({
    label: 'Erratum',
    text: `${id} (${section}): ${happens} -> ${correction}`,
  }));
}
