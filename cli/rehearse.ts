import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import type { Profile } from '../guide/cluster.ts';
import { lab } from '../provision/lab/lab.ts';
import { exitCodeOf } from '../reports/exit-code.ts';
import { forgetJournals } from './cleanup.ts';
import { interruptSignal } from './interrupt.ts';
import { labName, profileOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { createPhase } from './phase.ts';
import { type RunCommandOptions, runOptions, verify } from './verify.ts';

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
    const phase = createPhase(interruptSignal());
    try {
      const cluster = await lab.up({ name: options.name, profile: options.profile, life: 'tied' }, phase);
      process.exitCode = exitCodeOf(
        await verify(cluster, { ...options, disruptive: true, wait: 0, rememberAs: `rehearsal-${options.profile}` }, phase),
      );
    } finally {
      await lab.down(options.name, createPhase(new AbortController().signal));
      await forgetJournals(options.name);
    }
  });
for (const option of runOptions()) rehearseCommand.addOption(option);
