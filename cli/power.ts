import { Argument, Command } from 'commander';
import { power } from '../provision/lab/lab.ts';
import { interruptSignal } from './interrupt.ts';
import { nameOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { createPhase } from './phase.ts';

export const powerCommand = new Command('power')
  .description("Cut a lab node's power (everything on it dies at once), or give it back (same disks)")
  .addArgument(new Argument('<state>').choices(['on', 'off']))
  .argument('<node>', 'for example w01')
  .addOption(nameOption())
  .action(async (to: 'on' | 'off', node: string, { name }: { name: string }) => {
    requireLinuxRoot();
    await createPhase(interruptSignal())(`Power ${to} ${node}`, (work) => power(name, node, to, work));
  });
