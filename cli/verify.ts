import { Command } from 'commander';
import { lab, notRunning } from '../provision/lab/lab.ts';
import { exitCodeOf } from '../reports/exit-code.ts';
import { type RunCommandOptions, verify } from '../runs/verify.ts';
import { nameOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { phases } from './phase.ts';
import { disruptiveOption, runOptions, waitOption } from './run-options.ts';

export const verifyCommand = new Command('verify')
  .description("Check the guide's promises on a running lab and write the report")
  .addOption(nameOption())
  .addOption(disruptiveOption())
  .option('--failed', 'only what did not hold when it was last looked at on this lab')
  .addOption(waitOption())
  .action(async ({ name, ...options }: RunCommandOptions & { name: string }) => {
    requireLinuxRoot();
    const state = await lab.state(name);
    if (state.kind !== 'running') throw notRunning(name);
    process.exitCode = exitCodeOf(await verify(state.cluster, options, phases()));
  });
for (const option of runOptions()) verifyCommand.addOption(option);
