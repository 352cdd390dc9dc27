import { Command } from 'commander';
import { exitCode } from '../harness/engine/problem.ts';
import { lab } from '../provision/lab/lab.ts';
import { cleanUp } from '../runs/clean-up.ts';
import { interruptSignal } from './interrupt.ts';
import { nameOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';

export const cleanupCommand = new Command('cleanup')
  .description('Undo what interrupted runs have left in a cluster')
  .addOption(nameOption())
  .option('--json', 'as JSON')
  .action(async ({ name, json }: { name: string; json?: true }) => {
    requireLinuxRoot();
    const { undone, left, notes } = await cleanUp(lab, name, interruptSignal());
    if (json) process.stdout.write(`${JSON.stringify({ undone, left, notes }, undefined, 2)}\n`);
    else
      process.stdout.write(
        [
          ...undone.map((text) => `undone  ${text}\n`),
          ...left.map((text) => `LEFT    ${text}\n`),
          ...notes.map((text) => `${text}\n`),
        ].join(''),
      );
    process.exitCode = left.length === 0 ? exitCode.kept : exitCode.provider;
  });
