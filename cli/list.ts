import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { headingsOf } from '../guide/headings.ts';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import type { Requirement } from '../harness/engine/requirement.ts';
import { type Trace, traceOf } from '../suites/trace.ts';
import { type Grouping, groupings, groupsOf } from './list/groups.ts';
import { registerMarkdown } from './list/register-markdown.ts';
import { registerText } from './list/register-text.ts';
import { traceText } from './list/trace-text.ts';
import { type Selection, select } from '../runs/selection.ts';
import { selectionOptions } from './selection-options.ts';

interface ListOptions extends Selection {
  readonly by: Grouping;
  readonly json?: true;
  readonly markdown?: true;
  readonly trace?: string;
}

export const listCommand = new Command('list')
  .description('Show the requirements: every promise of the guide that is checked')
  .addOption(new Option('--by <what>', 'divide the list').choices([...groupings]).default('suite'))
  .addOption(
    new Option(
      '--trace <guide>',
      'read a guide, and show for each of its headings which requirements cover it; fails when one that a requirement quotes is gone',
    ).conflicts('markdown'),
  )
  .addOption(new Option('--json', 'as JSON').conflicts('markdown'))
  .option('--markdown', 'as Markdown tables')
  .action(async (options: ListOptions) => {
    const selected = select(options);
    process.stdout.write(options.trace === undefined ? listed(selected, options) : await traced(selected, options.trace, options));
  });
for (const option of selectionOptions()) listCommand.addOption(option);

function listed(selected: readonly Requirement[], { by, json, markdown }: ListOptions): string {
  if (json) return jsonText(selected);
  const groups = groupsOf(selected, by);
  return markdown ? registerMarkdown(groups) : registerText(groups);
}

async function traced(selected: readonly Requirement[], file: string, { json }: ListOptions): Promise<string> {
  const trace = traceOf(headingsOf(await readGuide(file)), selected);
  if (trace.lost.length > 0) process.exitCode = exitCode.broken;
  return json ? jsonText(idsOnly(trace)) : traceText(trace);
}

function idsOnly({ covered, lost }: Trace): object {
  return {
    covered: covered.map(({ heading, requirements }) => ({ ...heading, requirements: requirements.map(({ id }) => id) })),
    lost: lost.map(({ requirement, heading }) => ({ requirement: requirement.id, heading })),
  };
}

async function readGuide(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Problem(
      exitCode.usage,
      { expected: `a guide in ${file}`, saw: error.message, next: 'give the path of the guide, a Markdown file' },
      error,
    );
  });
  if (headingsOf(text).length > 0) return text;
  throw new Problem(exitCode.usage, {
    expected: `a guide in ${file}`,
    saw: 'a file without a heading',
    next: 'give the path of the guide, a Markdown file',
  });
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
