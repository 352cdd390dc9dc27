import type { Result } from '../../harness/engine/run-record.ts';
import type { Outcome } from '../outcome.ts';
import { outcomeOf } from '../outcome.ts';
import { standIns } from '../stand-ins.ts';
import { attemptsText } from '../attempts-text.ts';
import { seriesText } from '../series/series-text.ts';
import { markdownText } from './markdown.ts';

/** What each outcome means, in this product's own words, and which of Allure's words stands for it. */
const meanings: Readonly<Record<Outcome, string>> = {
  kept: 'The promise was observed to hold, on the documented components.',
  rehearsed:
    'The promise was observed to hold, but one or more parts were stand-ins: this is a rehearsal and no proof for the documented components. Allure counts it as "passed".',
  broken: 'The promise was observed not to hold. Allure calls this "failed".',
  inconclusive:
    'The promise was neither seen kept nor seen broken: it could not be tested. Allure calls this "broken"; it does not mean that the promise is broken.',
  'not-run': 'The promise was not tested, for the reason given. Allure calls this "skipped".',
  waived: 'The promise was observed not to hold, and an owner accepts that until the date given. Allure counts it as "passed".',
};

/** The description of one result, in Markdown: promise, what must turn it red, verdict, reason, what was sampled, basis, attempts, errata. */
export function descriptionOf(result: Result): string {
  const outcome = outcomeOf(result);
  const { promise, guide, fault } = result.requirement;
  return [
    `**Promise:** ${markdownText(promise)}`,
    `**Guide:** ${guide.map(markdownText).join('; ')}`,
    `**Turns red when:** ${markdownText(fault)}`,
    `**Verdict: ${outcome}.** ${markdownText(meanings[outcome])}`,
    waiver(result),
    sampled(result),
    `**Basis:** ${markdownText(basisText(result))}`,
    attempts(result),
    errata(result),
  ]
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

function basisText(result: Result): string {
  const names = standIns(result);
  if (result.verdict.kind === 'not-run') return 'nothing was looked at.';
  return names === undefined
    ? 'every part was a real component (its version: see the environment).'
    : `not the documented component: ${names} (a stand-in).`;
}

/** What a passed status has no room for: Allure shows a message only for results that did not pass. */
function waiver({ verdict }: Result): string {
  if (verdict.kind !== 'waived') return '';
  return `**Saw:** ${markdownText(verdict.saw)}\n\n**Waived** by ${markdownText(verdict.owner)} until ${markdownText(verdict.until)}`;
}

/** The attached pictures in words. */
function sampled({ series }: Result): string {
  if (series.length === 0) return '';
  return ['**Sampled** (the pictures are attached below):', '', ...series.map((each) => `- ${markdownText(seriesText(each))}`)].join('\n');
}

function attempts(result: Result): string {
  const text = attemptsText(result);
  return text === undefined ? '' : `**Attempts:** ${markdownText(text)}`;
}

/** A paragraph for each erratum: Allure never wraps the cells of a table, so that a sentence in one runs out of the page. */
function errata(result: Result): string {
  return result.errata
    .map(({ id, section, happens, correction }) =>
      [
        `**Erratum ${markdownText(id)}** of the guide, ${markdownText(section)}`,
        `- What happens: ${markdownText(happens)}`,
        `- Smallest correction: ${markdownText(correction)}`,
      ].join('\n'),
    )
    .join('\n\n');
}
