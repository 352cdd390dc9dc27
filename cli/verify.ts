import { Command } from 'commander';
import { lab, notRunning } from '../provision/lab/lab.ts';
import { type VerifyOptions, verify } from '../runs/verify.ts';
import { nameOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { withConsole } from './run-console.ts';
import { type RunOptions, disruptiveOption, runOptions, waitOption } from './run-options.ts';

export const verifyCommand = new Command('verify')
  .description("Check the guide's promises on a running lab and write the report")
  .addOption(nameOption())
  .addOption(disruptiveOption())
  .option('--failed', 'only what did not hold when it was last looked at on this lab')
  .addOption(waitOption())
  .action(async ({ name, progress, ...options }: RunOptions & VerifyOptions) => {
    requireLinuxRoot();
    await withConsole(progress, async (console) => {
      const state = await lab.state(name);
      if (state.kind !== 'running') throw notRunning(name);
      return verify(state.cluster, options, console);
    });
  });
for (const option of runOptions()) verifyCommand.addOption(option);
