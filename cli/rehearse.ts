import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import type { Profile } from '../guide/cluster.ts';
import { lab } from '../provision/lab/lab.ts';
import { exitCodeOf } from '../reports/exit-code.ts';
import { forgetJournals } from '../runs/clean-up.ts';
import { type RunCommandOptions, verify } from '../runs/verify.ts';
import { labName, profileOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { phases } from './phase.ts';
import { runOptions } from './run-options.ts';

interface RehearseOptions extends RunCommandOptions {
  readonly name: string;
  readonly profile: Profile;
}

export const rehearseCommand = new Command('rehearse')
  .description('All of it: a lab of its own, every check, the report, and nothing left')
  .addOption(profileOption())
  .addOption(
    new Option('--name <name>', 'name of the lab').argParser(labName).default(`rehearsal-${randomBytes(3).toString('hex')}`, 'a new one'),
  )
  .action(async (options: RehearseOptions) => {
    requireLinuxRoot();
    const told = phases();
    try {
      const cluster = await lab.up({ name: options.name, profile: options.profile, life: 'tied' }, told.phase);
      process.exitCode = exitCodeOf(
        await verify(cluster, { ...options, disruptive: true, wait: 0, rememberAs: `rehearsal-${options.profile}` }, told),
      );
    } finally {
      await lab.down(options.name, told.lastPhase);
      await forgetJournals(options.name);
    }
  });
for (const option of runOptions()) rehearseCommand.addOption(option);
