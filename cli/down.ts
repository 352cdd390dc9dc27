import { Command } from 'commander';
import { lab } from '../provision/lab/lab.ts';
import { forgetJournals } from '../runs/clean-up.ts';
import { interruptSignal } from './interrupt.ts';
import { nameOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { createPhase } from './phase.ts';

export const downCommand = new Command('down')
  .description('Remove a lab with everything that it made, also after a crash')
  .addOption(nameOption())
  .option('--all', 'every lab of this state folder')
  .action(async ({ name, all }: { name: string; all?: true }) => {
    requireLinuxRoot();
    const signal = interruptSignal();
    const phase = createPhase(signal);
    const names = all ? await lab.names() : [name];
    for (const each of names) {
      // A removal that was begun goes on after the first Ctrl-C: it is the undoing itself.
      signal.throwIfAborted();
      const outcome = await lab.down(each, phase);
      await forgetJournals(each);
      process.stdout.write(outcome === 'removed' ? `Lab ${each} is removed.\n` : `There is no lab ${each}.\n`);
    }
  });
