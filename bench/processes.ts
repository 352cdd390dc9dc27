/** Which programs of a standing lab take the processors: node bench/processes.ts [--seconds 60] [--rows 30]. Start it beside a run. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { labFolder } from '../provision/lab/lab.ts';
import { machineHierarchies, processesOf } from '../provision/lab/site/cgroup.ts';
import { groupName } from '../provision/lab/site/site.ts';
import { interruption } from './conform.ts';
import { options } from './options.ts';

/** Processor time of one process, in ticks of 10 ms (proc_pid_stat(5)); `children`: of those that it has waited for. */
interface Spent {
  readonly program: string;
  readonly user: number;
  readonly system: number;
  readonly children: number;
}

const ticksASecond = 100;
const { seconds, rows } = options('processes', { seconds: 60, rows: 30 });
const hierarchies = await machineHierarchies();
if (hierarchies === undefined) throw new Error('this machine has no control groups');
const group = groupName(labFolder('lab'));
const signal = interruption();

const before = await snapshot();
if (before.size === 0) throw new Error('no lab stands: ./conform up first');
const [begun, forksBefore] = [performance.now(), await forks()];
await delay(seconds * 1000, undefined, { signal });
const after = await snapshot();
const elapsed = (performance.now() - begun) / 1000;
const started = ((await forks()) - forksBefore) / elapsed;
process.stdout.write(table());

function table(): string {
  const programs = new Map<string, { count: number; user: number; system: number; children: number }>();
  for (const [pid, spent] of after) {
    const was = before.get(pid);
    const first = was?.program === spent.program ? was : { user: 0, system: 0, children: 0 };
    const sum = programs.get(spent.program) ?? { count: 0, user: 0, system: 0, children: 0 };
    programs.set(spent.program, {
      count: sum.count + 1,
      user: sum.user + spent.user - first.user,
      system: sum.system + spent.system - first.system,
      children: sum.children + spent.children - first.children,
    });
  }
  const share = (ticks: number): string => (ticks / ticksASecond / elapsed).toFixed(3).padStart(9);
  const sorted = [...programs].toSorted(([, one], [, other]) => total(other) - total(one));
  const all = sorted.reduce((sum, [, each]) => sum + total(each), 0);
  const lines = sorted
    .slice(0, rows)
    .map(
      ([program, { count, ...each }]) =>
        `${share(total(each))}${share(each.system)}${share(each.children)}${String(count).padStart(7)}  ${program}`,
    );
  return [
    `Processors of the lab over ${elapsed.toFixed(0)} s, in cores; what ended in the meantime is under "children" of what waited for it`,
    '    cores   system children  count  program',
    ...lines,
    `${share(all)}  in all; ${started.toFixed(1)} processes and threads started a second on the whole machine`,
    '',
  ].join('\n');
}

function total({ user, system, children }: { user: number; system: number; children: number }): number {
  return user + system + children;
}

async function snapshot(): Promise<Map<number, Spent>> {
  if (hierarchies === undefined) return new Map();
  const found = await Promise.all((await processesOf(hierarchies, group)).map(async (pid) => [pid, await spentBy(pid)] as const));
  return new Map(found.flatMap(([pid, spent]) => (spent === undefined ? [] : [[pid, spent] as const])));
}

/** Undefined for a process that has ended. */
async function spentBy(pid: number): Promise<Spent | undefined> {
  const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const [stat, commandLine] = await Promise.all([read('stat'), read('cmdline')]);
  if (stat === '') return undefined;
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  return { program: nameOf(name, commandLine), user, system, children: childUser + childSystem };
}

/** Node and shells are known by the script that they run. */
function nameOf(name: string, commandLine: string): string {
  if (!['MainThread', 'node', 'sh', 'bash'].includes(name)) return name;
  const script = commandLine.split('\0').find((word) => /\.(mjs|sh|js)$/.test(word));
  return script === undefined ? name : `${name} ${script.split('/').at(-1)}`;
}

async function forks(): Promise<number> {
  return Number(/^processes (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1] ?? 0);
}
