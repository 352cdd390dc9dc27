/**
 * Proves that checks turn broken: node bench/cases.ts [--name lab] FOLDER|SCRIPT...
 * Each case is a shell script with `inject` and `undo` for a running corrected lab, and a line `# Expect:` with the IDs that
 * must be broken meanwhile; after the last undo all of them must hold again. It is undone after an interrupt, too.
 * Ends with 0 when every script names IDs, every ID that has a check did so, and there was one; 1 otherwise, 2 for wrong usage,
 * 130 when interrupted.
 */
import { mkdtemp, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { $, type ProcessPromise, argv } from 'zx';
import { register } from '../suites/register.ts';
import { expectedBroken } from './case-expectation.ts';
import { interruption } from './conform.ts';

const product = join(import.meta.dirname, '..');
const lab = String(argv['name'] ?? 'lab');
const known = new Set(register.map(({ id }) => id));
const recorded = z.object({
  results: z.array(z.object({ requirement: z.object({ id: z.string() }), verdict: z.object({ kind: z.string() }) })),
});

/** Verdicts by ID; empty when the run left no record. */
type Verdicts = ReadonlyMap<string, string>;

/** One script, with what was seen while its fault was in. */
interface Trial {
  readonly name: string;
  readonly expected: readonly string[];
  /** Those that have a check. */
  readonly ids: readonly string[];
  readonly injected: Verdicts;
}

interface Row {
  readonly name: string;
  readonly id: string;
  readonly injected: string;
  readonly undone: string;
  readonly end: 'proved' | 'MISS' | 'no check yet' | 'no expectation' | 'interrupted';
}

const scripts = (await Promise.all(argv._.map(scriptsAt))).flat();
if (scripts.length === 0) refuse('none');
const signal = interruption();
const work = await mkdtemp(join(tmpdir(), 'conform-cases-'));
const trials: Trial[] = [];
for (const script of scripts) if (!signal.aborted) trials.push(await injectAndLook(script));
const looked = [...new Set(trials.flatMap(({ ids }) => ids))];
// Once, for they have nothing else in common than the cluster: what an undo leaves is seen then, too.
const afterUndo: Verdicts = looked.length === 0 || signal.aborted ? new Map() : await verify(looked, 'undone');
const rows = trials.flatMap(rowsOf);
process.stdout.write(`${table(rows)}\nOutput and reports: ${work}\n`);
process.exitCode = signal.aborted ? 130 : Number(!allProved());

function allProved(): boolean {
  const ends = new Set(rows.map(({ end }) => end));
  return ends.has('proved') && !ends.has('MISS') && !ends.has('no expectation');
}

async function scriptsAt(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: Error) => refuse(error.message));
  if (!found.isDirectory()) return [resolve(path)];
  const names = (await readdir(path)).filter((name) => name.endsWith('.sh') && name !== 'run.sh').toSorted();
  return names.map((name) => resolve(path, name));
}

async function injectAndLook(script: string): Promise<Trial> {
  const name = basename(script, '.sh');
  const expected = expectedBroken(await readFile(script, 'utf8'));
  const ids = expected.filter((id) => known.has(id));
  const trial = { name, expected, ids };
  if (ids.length === 0) return { ...trial, injected: new Map() };
  process.stderr.write(`${name}: ${ids.join(' ')}\n`);
  try {
    return {
      ...trial,
      injected: (await run(script, 'inject', `${name}-inject`)) === 0 ? await verify(ids, `${name}-injected`) : new Map(),
    };
  } finally {
    await undo(script, name);
  }
}

function rowsOf({ name, expected, ids, injected }: Trial): Row[] {
  if (expected.length === 0) return [{ name, id: '-', injected: '-', undone: '-', end: 'no expectation' }];
  return expected.map((id) => {
    if (!ids.includes(id)) return { name, id, injected: '-', undone: '-', end: 'no check yet' };
    const was = injected.get(id) ?? 'no verdict';
    const is = afterUndo.get(id) ?? 'no verdict';
    const proved = was === 'broken' && is === 'kept';
    return { name, id, injected: was, undone: is, end: proved ? 'proved' : signal.aborted ? 'interrupted' : 'MISS' };
  });
}

async function verify(ids: readonly string[], title: string): Promise<Verdicts> {
  const report = join(work, title);
  await run('./conform', ['verify', '--name', lab, '--disruptive', '--report', report, '--id', ...ids], title);
  const json = await readFile(join(report, 'record.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"results":[]}';
    throw error;
  });
  return new Map(recorded.parse(JSON.parse(json)).results.map(({ requirement, verdict }) => [requirement.id, verdict.kind]));
}

/** A process group of its own gets the interrupt once, from here: a second one would stop conform before it has undone its changes. */
async function run(program: string, args: string | readonly string[], title: string): Promise<number | null> {
  if (signal.aborted) return null;
  const child = started(program, args);
  const interrupt = (): void => void (child.pid !== undefined && process.kill(-child.pid, 'SIGINT'));
  signal.addEventListener('abort', interrupt, { once: true });
  const { exitCode, stdall } = await child;
  signal.removeEventListener('abort', interrupt);
  await writeFile(join(work, `${title}.log`), stdall);
  return exitCode;
}

/** No interrupt reaches it. */
async function undo(script: string, name: string): Promise<void> {
  const { exitCode, stdall } = await started(script, 'undo');
  await writeFile(join(work, `${name}-undo.log`), stdall);
  if (exitCode !== 0) process.stderr.write(`${name}: its undo ended with ${exitCode}; see ${work}/${name}-undo.log\n`);
}

function started(program: string, args: string | readonly string[]): ProcessPromise {
  return $({
    cwd: product,
    nothrow: true,
    quiet: true,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CONFORM_DIR: product, LAB: lab },
  })`${program} ${args}`;
}

function table(of: readonly Row[]): string {
  const header = ['case', 'requirement', 'with the fault', 'after undo', ''];
  const cells = [header, ...of.map(({ name, id, injected, undone, end }) => [name, id, injected, undone, end])];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function refuse(saw: string): never {
  process.stderr.write(
    `  Expected  a folder of case scripts, or scripts\n  Saw       ${saw}\n  Next      node bench/cases.ts [--name lab] FOLDER|SCRIPT...\n`,
  );
  process.exit(2);
}
