import { Command } from 'commander';
import type { Requirement } from '../harness/requirement.ts';
import { type Selection, select, selectionOptions } from './selection.ts';

export const listCommand = new Command('list')
  .description('Show the requirements: every promise of the guide that is checked')
  .option('--json', 'as JSON')
  .action((options: Selection & { json?: true }) => {
    const selected = select(options);
    process.stdout.write(options.json ? `${JSON.stringify(selected, undefined, 2)}\n` : selected.map(line).join(''));
  });
for (const option of selectionOptions()) listCommand.addOption(option);

function line({ id, suite, kind, severity, promise, guide, asWritten }: Requirement): string {
  const explained = asWritten === undefined ? '' : `  as written: ${asWritten.verdict} by ${asWritten.errata.join(', ')}`;
  return `${id}  (${suite}, ${kind}, ${severity})${explained}\n    ${promise}\n    Guide: ${guide.join('; ')}\n`;
}
