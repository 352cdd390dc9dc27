import { Command } from 'commander';
import type { Profile } from '../guide/cluster.ts';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import { lab } from '../provision/lab/lab.ts';
import { interruptSignal } from './interrupt.ts';
import { type WantedOptions, nameOption, optionsOptions, profileOption, wantedOptions } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { createPhase } from './phase.ts';

export const upCommand = new Command('up')
  .description('Build the documented cluster in a lab on this machine and leave it running')
  .addOption(nameOption())
  .addOption(profileOption())
  .option('--json', "print the cluster's descriptor")
  .action(async ({ name, profile, json, ...wanted }: { name: string; profile: Profile; json?: true } & WantedOptions) => {
    requireLinuxRoot();
    const startedAt = Date.now();
    const cluster = await lab.up({ name, profile, life: 'detached', with: wantedOptions(wanted) }, createPhase(interruptSignal()));
    if (json) {
      process.stdout.write(`${JSON.stringify(cluster, undefined, 2)}\n`);
      return;
    }
    const failed = cluster.steps.filter(({ outcome }) => outcome === 'failed');
    for (const step of failed)
      process.stdout.write(
        `Step "${step.title}" failed as the guide has it (${step.erratum ?? 'no erratum'}): ${step.detail.split('\n')[0]}\n`,
      );
    const named = name === 'lab' ? '' : ` --name ${name}`;
    process.stdout.write(
      `Lab ${name} (${profile}${withText(cluster)}) is up after ${((Date.now() - startedAt) / 1000).toFixed(0)} s.\n` +
        `Next: conform shell${named} kubectl get pods -A    conform verify${named}    conform down${named}\n`,
    );
  });
for (const option of optionsOptions()) upCommand.addOption(option);

function withText({ options = [] }: ClusterDescriptor): string {
  return options.length === 0 ? '' : `, with ${options.join(', ')}`;
}
