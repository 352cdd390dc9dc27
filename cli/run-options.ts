import { InvalidArgumentError, Option } from 'commander';
import { type Progress, progressOption } from './run-console.ts';
import { selectionOptions } from './selection-options.ts';

/** What is the command's own business, and not the run's. */
export interface RunOptions {
  readonly name: string;
  readonly progress: Progress;
}

/** The options that `verify` and `rehearse` have in common. */
export function runOptions(): Option[] {
  return [
    new Option('--report <folder>', 'where the report goes').default('report'),
    new Option('--json', 'print the run record instead of the summary'),
    progressOption(),
    new Option('--deadline <minutes>', 'checks that have not ended after this time are inconclusive').argParser(positive).default(60),
    new Option('--long', 'also the checks that wait for many minutes'),
    ...selectionOptions(),
  ];
}

export function disruptiveOption(): Option {
  return new Option('--disruptive', 'also the checks that interrupt the cluster: they cut power and kill its parts');
}

export function waitOption(): Option {
  return new Option('--wait <seconds>', 'how long to wait for another run on the same cluster to end').argParser(positive).default(60);
}

function positive(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new InvalidArgumentError('Expected a number. Next: for example 10');
}
