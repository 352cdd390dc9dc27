import { Command } from 'commander';
import { exitCode } from '../harness/engine/problem.ts';
import { lab } from '../provision/lab/lab.ts';
import type { ClusterState } from '../provision/provider.ts';
import { requireLinuxRoot } from './machine.ts';

export const statusCommand = new Command('status')
  .description('Show the labs of this machine and the state of their nodes')
  .option('--json', 'as JSON')
  .action(async ({ json }: { json?: true }) => {
    requireLinuxRoot();
    const names = await lab.names();
    const states = await Promise.all(names.map(async (name) => ({ name, state: await lab.state(name) })));
    process.stdout.write(json ? `${JSON.stringify(states, undefined, 2)}\n` : text(states));
    if (states.every(({ state }) => state.kind !== 'running')) process.exitCode = exitCode.provider;
  });

function text(states: readonly { name: string; state: ClusterState }[]): string {
  if (states.length === 0) return 'There is no lab. Next: conform up\n';
  return states.map(({ name, state }) => `${name}: ${describe(name, state)}\n`).join('');
}

function describe(name: string, state: ClusterState): string {
  const named = name === 'lab' ? '' : ` --name ${name}`;
  switch (state.kind) {
    case 'absent':
      return 'absent';
    case 'building':
      return `being built or removed by ${state.holder}`;
    case 'half':
      return `half built: ${state.reason}. Next: conform up${named} builds it anew, conform down${named} removes it`;
    case 'running':
      return `running, profile ${state.cluster.profile}${withText(state.cluster.options)}\n${state.parts.map((part) => `  ${part.name.padEnd(22)} ${part.state}`).join('\n')}`;
  }
}

function withText(options: readonly string[] = []): string {
  return options.length === 0 ? '' : ` with ${options.join(', ')}`;
}
