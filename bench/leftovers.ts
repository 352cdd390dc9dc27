/** Runs a command and lists its leftovers on the machine: node bench/leftovers.ts -- ./conform rehearse */
import { randomUUID } from 'node:crypto';
import { $ } from 'zx';
import { leftSince, machineState, markVariable } from '../provision/lab/leftovers.ts';

const [program, ...args] = process.argv.slice(process.argv[2] === '--' ? 3 : 2);
if (program === undefined) refuse('none');

const mark = randomUUID();
const before = await machineState(mark);
// The terminal sends its interrupt to the command as well; the leftovers of an interrupted command are asked for, too.
process.on('SIGINT', () => undefined);
const { exitCode: code } = await $({
  nothrow: true,
  detached: false,
  stdio: 'inherit',
  env: { ...process.env, [markVariable]: mark },
})`${[program, ...args]}`;
if (code === 127) refuse(`${program}, which is not found`);
const left = await leftSince(before, mark, 5_000);
process.stdout.write(left.length === 0 ? 'left nothing\n' : `left ${left.length}:\n${left.map((line) => `  ${line}\n`).join('')}`);
process.exitCode = left.length > 0 ? 1 : (code ?? 1);

function refuse(saw: string): never {
  process.stderr.write(
    `  Expected  a command that can be started\n  Saw       ${saw}\n  Next      node bench/leftovers.ts -- ./conform rehearse\n`,
  );
  process.exit(2);
}
