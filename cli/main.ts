import { Command, CommanderError } from 'commander';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { productVersion } from '../runs/record.ts';
import { interruptSignal } from './interrupt.ts';
import { cacheCommand } from './cache.ts';
import { cleanupCommand } from './cleanup.ts';
import { doctorCommand } from './doctor.ts';
import { downCommand } from './down.ts';
import { powerCommand } from './power.ts';
import { shellCommand } from './shell.ts';
import { statusCommand } from './status.ts';
import { testCommand } from './test.ts';
import { upCommand } from './up.ts';
import { errataCommand } from './errata.ts';
import { listCommand } from './list.ts';
import { rehearseCommand } from './rehearse.ts';
import { verifyCommand } from './verify.ts';

const program = new Command('conform')
  .description('Builds the documented cluster and checks every promise of its guide on the real data path.')
  .version(productVersion)
  .showHelpAfterError('Next: `conform --help`')
  .enablePositionalOptions()
  .exitOverride();

for (const command of [
  rehearseCommand,
  verifyCommand,
  listCommand,
  errataCommand,
  upCommand,
  downCommand,
  cleanupCommand,
  statusCommand,
  shellCommand,
  powerCommand,
  cacheCommand,
  doctorCommand,
  testCommand,
])
  program.addCommand(command.exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Prints what ended a command, and gives the exit code for it. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.kept : exitCode.usage;
  if (interruptSignal().aborted) {
    process.stderr.write('interrupted\n');
    return exitCode.interrupted;
  }
  if (error instanceof Problem) {
    process.stderr.write(`\n${error.format()}\n`);
    return error.code;
  }
  process.stderr.write(
    `\nA defect of conform itself (please report it with the lines below):\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return exitCode.provider;
}
