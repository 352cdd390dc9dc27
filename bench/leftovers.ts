/** Runs a command and says what it left on the machine: node bench/leftovers.ts -- ./conform rehearse */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { leftSince, machineState, markVariable } from '../provision/lab/leftovers.ts';

const [program, ...args] = process.argv.slice(process.argv[2] === '--' ? 3 : 2);
if (program === undefined) refuse('none');

const mark = randomUUID();
const before = await machineState(mark);
// The terminal sends its interrupt to the command as well, and what that leaves is just what is asked for.
process.on('SIGINT', () => undefined);
const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, [markVariable]: mark } });
const [code] = (await once(child, 'exit').catch((error: Error) => refuse(error.message))) as [number | null];
const left = await leftSince(before, mark, 5_000);
process.stdout.write(left.length === 0 ? 'left nothing\n' : `left ${left.length}:\n${left.map((line) => `  ${line}\n`).join('')}`);
process.exitCode = left.length > 0 ? 1 : (code ?? 1);

function refuse(saw: string): never {
  process.stderr.write(
    `  Expected  a command that can be started\n  Saw       ${saw}\n  Next      node bench/leftovers.ts -- ./conform rehearse\n`,
  );
  process.exit(2);
}
