import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Command } from 'commander';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { adminEnvironment, onAdmin } from '../provision/lab/admin.ts';
import { lab, labFolder, notRunning } from '../provision/lab/lab.ts';
import { findSite } from '../provision/lab/site/site.ts';
import { nameOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';

export const shellCommand = new Command('shell')
  .description('Run a command, or a shell, at a place of the lab; on the admin workstation kubectl is set up')
  .addOption(nameOption())
  .option('--at <place>', 'admin, ci, outsider, vpn, lan, internet, or a node', 'admin')
  .argument('[command...]', 'a shell when left out')
  .passThroughOptions()
  .action(async (command: string[], { name, at }: { name: string; at: string }) => {
    requireLinuxRoot();
    const state = await lab.state(name);
    if (state.kind !== 'running') throw notRunning(name);
    const vantage = state.cluster.vantages.find((candidate) => candidate.name === at);
    if (vantage === undefined) {
      throw new Problem(exitCode.usage, {
        expected: `--at one of ${state.cluster.vantages.map((each) => each.name).join(', ')}`,
        saw: at,
        next: 'conform shell --help',
      });
    }
    const site = await findSite(labFolder(name));
    if (site === undefined) throw notRunning(name);
    const enter = at === 'admin' ? onAdmin(site) : vantage.command;
    const [program = '', ...args] = [...enter, ...(command.length > 0 ? command : ['bash'])];
    const environment = { ...(await adminEnvironment()), TERM: process.env['TERM'] ?? 'dumb' };
    const child = spawn(program, args, { stdio: 'inherit', env: environment });
    const [code] = (await once(child, 'exit')) as [number | null];
    process.exitCode = code ?? exitCode.interrupted;
  });
