import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';
import type { Work } from '../../../harness/engine/work.ts';
import { type CommandEnd, describeEnd, runCommand, succeeded } from '../cache/command.ts';
import { digest } from '../cache/digest.ts';
import { ensureEntry } from '../cache/entry.ts';
import { requireFreeDisk } from '../cache/free-disk.ts';
import { inLanes } from '../cache/lanes.ts';
import { cacheFolder } from '../../paths.ts';
import { ensureCompiler } from '../rootfs/build.ts';
import { costOf, packageOf, withoutPackages } from './action-graph.ts';
import { type Toolchain, buildInTree, inside } from './build-in-tree.ts';
import { type Binary, buildFlags, type Upstream, upstreams as everyUpstream } from './catalogue.ts';
import { findGo, isOlder, neededGo } from './go.ts';
import { copyModuleFiles } from './module-files.ts';
import { pinFolder, readPins, upstreamKey } from './pins.ts';
import { plansOf } from './program-costs.ts';
import { BuildProgress } from './progress.ts';
import { type Parallelism, type ProgramCost, longestFirst, parallelismOf } from './schedule.ts';

/** The programs and files of every upstream, built and ready. */
export interface Components {
  /** Changes when any upstream's pins or build flags change. */
  readonly key: string;
  /** Absolute path of a program of the catalogue. */
  binary(name: string): string;
  /** Absolute path of a file or folder of an upstream's module that the catalogue lists. */
  upstreamFile(upstream: string, path: string): string;
}

interface BuildOptions {
  /** A part of the catalogue; everything when left out. */
  readonly upstreams?: readonly Upstream[];
  /** Where the entries go; `components` in the cache folder when left out. */
  readonly folder?: string;
  /** Is told what each program cost when it is built; Go then writes down each step, which it does not promise to do for ever. */
  readonly measured?: Measured;
}

type Measured = (upstream: string, program: string, cost: ProgramCost) => void;

interface Entry {
  readonly upstream: Upstream;
  readonly key: string;
  readonly folder: string;
}

/** Modules 8 GiB, programs 2 GiB, Go's build cache some 9 GiB (14 with a third of it built twice, seen with Go 1.26). */
const neededDiskGiB = 20;

const progressMs = 2_000;

/** Builds what is missing in the cache and tells where everything is. */
export async function ensureComponents(work: Work, options: BuildOptions = {}): Promise<Components> {
  const folder = options.folder ?? join(cacheFolder(), 'components');
  const entries = await Promise.all((options.upstreams ?? everyUpstream).map((upstream) => entryOf(upstream, folder)));
  const missing = entries.filter((entry) => !existsSync(entry.folder));
  if (missing.length > 0) await buildAll(work, missing, { folder, measured: options.measured });
  return locate(entries);
}

/** The upstreams that the next start would have to build first, and where all of them are or will be. */
export async function componentsInCache(): Promise<{ missing: string[]; components: Components }> {
  const entries = await Promise.all(everyUpstream.map((upstream) => entryOf(upstream, join(cacheFolder(), 'components'))));
  return { missing: entries.filter(({ folder }) => !existsSync(folder)).map(({ upstream }) => upstream.name), components: locate(entries) };
}

/** The folders of all upstreams, as the catalogue now pins them; they need not be there. */
export async function componentFolders(): Promise<string[]> {
  const entries = await Promise.all(everyUpstream.map((upstream) => entryOf(upstream, join(cacheFolder(), 'components'))));
  return entries.map(({ folder }) => folder);
}

async function entryOf(upstream: Upstream, folder: string): Promise<Entry> {
  const key = upstreamKey(upstream, await readPins(upstream));
  return { upstream, key, folder: join(folder, `${upstream.name}-${key}`) };
}

interface Building {
  readonly folder: string;
  readonly measured: Measured | undefined;
}

async function buildAll(work: Work, entries: readonly Entry[], { folder, measured }: Building): Promise<void> {
  const toolchain = await chooseToolchain(entries);
  await mkdir(folder, { recursive: true });
  await requireFreeDisk(folder, {
    gib: neededDiskGiB,
    to: "build the lab's components",
    mend: 'free some, or set CONFORM_CACHE to a folder on another disk (Go itself writes to `go env GOCACHE GOMODCACHE`)',
  });
  const parallelism = parallelismOf({ processors: availableParallelism(), memoryGiB: totalmem() / 2 ** 30 });
  const plans = longestFirst(plansOf(entries.map(({ upstream }) => upstream)), parallelism);
  const progress = new BuildProgress(plans, parallelism);
  const ticker = setInterval(() => progress.isBuilding && work.say(progress.line()), progressMs);
  const byName = new Map(entries.map((entry) => [entry.upstream.name, entry]));
  const tasks = plans.map(({ name }) => async (inner: Work) => {
    const entry = known(byName, name);
    const context = { work: inner, toolchain, progress, parallelism, measured };
    await ensureEntry(inner, entry.folder, (temporary) => build(context, entry.upstream, temporary));
    progress.skipRest(name);
  });
  try {
    await inLanes(work, parallelism.lanes, tasks);
  } finally {
    clearInterval(ticker);
  }
}

interface Build {
  readonly work: Work;
  readonly toolchain: Toolchain;
  readonly progress: BuildProgress;
  readonly parallelism: Parallelism;
  readonly measured: Measured | undefined;
}

/** One program on its way. */
interface Compilation {
  readonly title: string;
  readonly binary: Binary;
  readonly output: string;
  /** Where Go writes what each package took, if that is wanted. */
  readonly graph: string | undefined;
}

async function build(context: Build, upstream: Upstream, folder: string): Promise<void> {
  for (const binary of upstream.binaries) {
    const title = `${upstream.name}/${binary.name}`;
    context.progress.begin(title);
    context.work.say(context.progress.line());
    const graph = context.measured === undefined ? undefined : join(folder, 'graph.json');
    const end = await (upstream.cgo ? compileWithC : compile)(context, upstream, {
      title,
      binary,
      output: join(folder, 'bin', binary.name),
      graph,
    });
    if (!succeeded(end)) throw notBuilt(title, end);
    if (graph !== undefined) {
      context.measured?.(upstream.name, binary.name, costOf(await readFile(graph, 'utf8')));
      await rm(graph);
    }
    context.progress.end(title);
  }
  await mkdir(join(folder, 'module'));
  if (upstream.files.length === 0) return;
  await copyModuleFiles(await moduleFolder(context, upstream), upstream.files, join(folder, 'module'));
}

function compile(context: Build, upstream: Upstream, { binary, output, title, graph }: Compilation): Promise<CommandEnd> {
  const flags = [...flagsOf(context, upstream, binary), ...measuring(graph)];
  return go(context, upstream, { args: ['build', ...flags, '-o', output, binary.package], onLine: countPackages(context, title) });
}

/** The modules are fetched before: the compiler tree has no name server and no certificates. */
async function compileWithC(context: Build, upstream: Upstream, { binary, output, title, graph }: Compilation): Promise<CommandEnd> {
  const { work, toolchain } = context;
  const list = ['list', '-deps', '-tags', upstream.tags.join(','), binary.package];
  const fetched = await go(context, upstream, { args: list, environment: { CGO_ENABLED: '1' } });
  if (!succeeded(fetched)) return fetched;
  const tree = await ensureCompiler(work);
  return buildInTree(work, {
    tree: tree.folder,
    toolchain,
    pins: pinFolder(upstream),
    flags: [...flagsOf(context, upstream, binary), ...measuring(graph === undefined ? graph : inside(graph))],
    output,
    package: binary.package,
    onLine: countPackages(context, title),
  });
}

/** Go names each package that it begins to compile (-v). */
function flagsOf({ parallelism }: Build, upstream: Upstream, binary: Binary): string[] {
  return [...buildFlags(upstream, binary), '-v', `-p=${parallelism.packagesAtATime}`];
}

function measuring(graph: string | undefined): string[] {
  return graph === undefined ? [] : [`-debug-actiongraph=${graph}`];
}

function countPackages({ progress }: Build, title: string): (line: string) => void {
  return (line) => {
    if (packageOf(line) !== undefined) progress.compiling(title);
  };
}

/** Where Go keeps the upstream's module; it is downloaded first, since no build has done so where the catalogue lists no program. */
async function moduleFolder(context: Build, upstream: Upstream): Promise<string> {
  let end: CommandEnd | undefined;
  for (const args of [
    ['mod', 'download', upstream.module.path],
    ['list', '-m', '-f', '{{.Dir}}', upstream.module.path],
  ]) {
    end = await go(context, upstream, { args });
    if (!succeeded(end)) throw notBuilt(`${upstream.name} (its module's files)`, end);
  }
  return lastLine(end?.output ?? '');
}

/** Go writes what it downloads before the answer. */
function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1) ?? '';
}

interface GoCommand {
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
}

function go({ work, toolchain }: Build, upstream: Upstream, { args, environment, onLine }: GoCommand): Promise<CommandEnd> {
  return runCommand(work, {
    file: toolchain.path,
    args,
    env: { ...toolchain.env, ...environment },
    cwd: pinFolder(upstream),
    ...(onLine === undefined ? {} : { onLine }),
  });
}

async function chooseToolchain(entries: readonly Entry[]): Promise<Toolchain> {
  const found = await findGo();
  if (found.kind !== 'usable') throw noGo(found.kind === 'absent' ? 'none' : `${found.path}, which is ${found.version.join('.')}`);
  const pins = await Promise.all(entries.map((entry) => readPins(entry.upstream)));
  const needed = neededGo(pins.map(({ goMod }) => goMod));
  return {
    path: found.path,
    env: {
      CGO_ENABLED: '0',
      GOOS: 'linux',
      GOFLAGS: '-mod=readonly -buildvcs=false',
      GOWORK: 'off',
      GOTOOLCHAIN: isOlder(found.version, needed) ? 'auto' : 'local',
    },
  };
}

function noGo(saw: string): Problem {
  return new Problem(exitCode.usage, {
    expected: "Go 1.24 or newer on PATH or in /usr/local/go, to build the lab's components",
    saw,
    next: 'install it: on Debian `apt install -t bookworm-backports golang-go`, elsewhere unpack https://go.dev/dl/ in /usr/local/go',
  });
}

function notBuilt(title: string, end: CommandEnd): Problem {
  return new Problem(exitCode.provider, {
    expected: `${title} to build from its pinned Go modules`,
    saw: describeEnd(withoutPackages(end), 15),
    next: 'if a download failed, look at the network and `go env GOPROXY`, and run the same command again: what is built stays built',
  });
}

function locate(entries: readonly Entry[]): Components {
  const folders = new Map(entries.map((entry) => [entry.upstream.name, entry.folder]));
  const binaries = new Map(
    entries.flatMap(({ upstream, folder }) => upstream.binaries.map(({ name }) => [name, join(folder, 'bin', name)])),
  );
  return {
    key: digest(...entries.map((entry) => `${entry.upstream.name} ${entry.key}`)),
    binary: (name) => known(binaries, name),
    upstreamFile: (upstream, path) => join(known(folders, upstream), 'module', path),
  };
}

function known<T>(all: ReadonlyMap<string, T>, name: string): T {
  const found = all.get(name);
  if (found === undefined) throw new Error(`${name} is not in the component catalogue`);
  return found;
}
