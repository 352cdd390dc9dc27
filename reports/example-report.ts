import type { Observation, Result, RunRecord } from '../harness/engine/run-record.ts';
import { consoleSummary } from './console.ts';
import { explanationText } from './explanation.ts';
import { junitXml } from './junit.ts';
import { matrixPictures } from './matrix/matrix-pictures.ts';
import { outcomeOf } from './outcome.ts';
import { oneLine } from './plain-text.ts';
import { timelinePicture } from './series/timeline-picture.ts';

/** The files of docs/example-report by name: a small report that can be read without a run, made by the same functions as a real one. */
export function exampleReport(record: RunRecord): ReadonlyMap<string, string> {
  const pictures = record.matrices.flatMap(matrixPictures);
  const sampled = record.results.filter(({ series }) => series.length > 0);
  return new Map([
    ['README.md', page(record, sampled)],
    ['junit.xml', junitXml(record)],
    ['record.json', `${JSON.stringify(record, undefined, 1)}\n`],
    ...pictures.map(({ svg }, index) => [`matrix-${index + 1}.svg`, svg] as const),
    ...sampled.map(({ requirement, series }) => [`${requirement.id}.svg`, timelinePicture(series)] as const),
  ]);
}

function page(record: RunRecord, sampled: readonly Result[]): string {
  return [
    '# An example report',
    'Made from an invented record by the functions that make a real report: `node bench/example-report.ts` writes it, and a unit test compares it. A real run also writes `index.html`, the same results as a page for a browser. The record itself is in [record.json](record.json), its form for continuous integration in [junit.xml](junit.xml).',
    '## The summary that the command prints',
    `\`\`\`\n${consoleSummary(record, { colour: false })}\n\`\`\``,
    '## How to read one result',
    'Read the verdict first, then its observations: each says what was looked at, from where, what was expected and what was seen. A control proves that the observation could have come out the other way; where one did not hold, the verdict is `inconclusive`, because "blocked" proves nothing where nobody gets through.',
    ...record.results.filter(({ observations }) => observations.length > 0).map(section),
    '## Pictures',
    'Who reaches what, measured once for all promises that read it:',
    ...record.matrices.map((_, index) => `![connection matrix](matrix-${index + 1}.svg)`),
    'A fail-over, sampled every 100 ms:',
    ...sampled.map(({ requirement }) => `![samples of ${requirement.id}](${requirement.id}.svg)`),
  ].join('\n\n');
}

function section(result: Result): string {
  const { id, promise, guide } = result.requirement;
  const explanation = explanationText(result);
  return [
    `### ${id}: ${outcomeOf(result)}`,
    `${oneLine(promise)} (guide: ${guide.map(oneLine).join('; ')})`,
    ...(explanation === '' ? [] : [`\`\`\`\n${explanation}\n\`\`\``]),
    ['| role | subject | from | expected | saw | held |', '|---|---|---|---|---|---|', ...result.observations.map(row)].join('\n'),
  ].join('\n\n');
}

function row({ role, subject, vantage, expected, saw, held }: Observation): string {
  const cells = [role, subject, vantage, expected, saw, held ? 'yes' : 'no'];
  return `| ${cells.map((cell) => oneLine(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}
