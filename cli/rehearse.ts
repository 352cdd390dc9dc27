import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { lab } from '../provision/lab/lab.ts';
import { type RehearseOptions, rehearse } from '../runs/rehearse.ts';
import { labName, profileOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { withConsole } from './run-console.ts';
import { type RunOptions, runOptions } from './run-options.ts';

export const rehearseCommand = new Command('rehearse')
  .description('All of it: a lab of its own, every check (the long ones with --long), the report, and nothing left')
  .addOption(profileOption())
  .addOption(
    new Option('--name <name>', 'name of the lab, which must not exist yet')
      .argParser(labName)
      .default(`rehearsal-${randomBytes(3).toString('hex')}`, 'a new one'),
  )
  .action(async ({ progress, ...options }: RunOptions & RehearseOptions) => {
    requireLinuxRoot();
    await withConsole(progress, (console) => rehearse(lab, options, console));
  });
for (const option of runOptions()) rehearseCommand.addOption(option);
