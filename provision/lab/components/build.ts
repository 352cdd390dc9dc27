import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';
import type { Work } from '../../../harness/engine/work.ts';
import { type CommandEnd, describeEnd, runCommand, succeeded } from '../cache/command.ts';
import { digest } from '../cache/digest.ts';
import { ensureEntry } from '../cache/entry.ts';
import { requireFreeDisk } from '../cache/free-disk.ts';
import { cacheFolder } from '../../paths.ts';
import type { OptionName } from '../../options.ts';
import { ensureCompiler } from '../rootfs/build.ts';
import { type Toolchain, buildInTree } from './build-in-tree.ts';
import { type Binary, buildFlags, type Upstream, upstreams as everyUpstream } from './catalogue.ts';
import { findGo, isOlder, neededGo } from './go.ts';
import { copyModuleFiles } from './module-files.ts';
import { pinFolder, readPins, upstreamKey } from './pins.ts';
import { BuildProgress } from './progress.ts';

/** The programs and files of every upstream that is wanted, built and ready. */
export interface Components {
  /** Changes when the pins or build flags of an upstream change that every lab has. */
  readonly key: string;
  /** The same of those that only an option of the guide wants. */
  readonly optionsKey: string;
  /** Absolute path of a program of the catalogue. */
  binary(name: string): string;
  /** Absolute path of a file or folder of an upstream's module that the catalogue lists. */
  upstreamFile(upstream: string, path: string): string;
}

interface BuildOptions {
  /** A part of the catalogue; what every lab has, and what its options want, when left out. */
  readonly upstreams?: readonly Upstream[];
  readonly options?: readonly OptionName[];
  /** Where the entries go; `components` in the cache folder when left out. */
  readonly folder?: string;
}

interface Entry {
  readonly upstream: Upstream;
  readonly key: string;
  readonly folder: string;
}

/** More than two compilations at a time gain nothing on 2 cores; two hide each other's downloads and linking. */
const upstreamsAtATime = 2;

/** Modules 8 GiB, programs 2 GiB, Go's build cache some 9 GiB (14 with a third of it built twice, seen with Go 1.26). */
const neededDiskGiB = 20;

const progressMs = 2_000;

/** Builds what is missing in the cache and tells where everything is. */
export async function ensureComponents(work: Work, options: BuildOptions = {}): Promise<Components> {
  const folder = options.folder ?? join(cacheFolder(), 'components');
  const entries = await Promise.all((options.upstreams ?? wanted(options.options)).map((upstream) => entryOf(upstream, folder)));
  const missing = entries.filter((entry) => !existsSync(entry.folder));
  if (missing.length > 0) await buildAll(work, missing, folder);
  return locate(entries);
}

/** The upstreams that the next start would have to build first, and where all of them are or will be. */
export async function componentsInCache(): Promise<{ missing: string[]; components: Components }> {
  const entries = await Promise.all(wanted().map((upstream) => entryOf(upstream, join(cacheFolder(), 'components'))));
  return { missing: entries.filter(({ folder }) => !existsSync(folder)).map(({ upstream }) => upstream.name), components: locate(entries) };
}

function wanted(options: readonly OptionName[] = []): Upstream[] {
  return everyUpstream.filter(({ option }) => option === undefined || options.includes(option));
}

async function entryOf(upstream: Upstream, folder: string): Promise<Entry> {
  const key = upstreamKey(upstream, await readPins(upstream));
  return { upstream, key, folder: join(folder, `${upstream.name}-${key}`) };
}

async function buildAll(work: Work, entries: readonly Entry[], folder: string): Promise<void> {
  const toolchain = await chooseToolchain(entries);
  await mkdir(folder, { recursive: true });
  await requireFreeDisk(folder, {
    gib: neededDiskGiB,
    to: "build the lab's components",
    mend: 'free some, or set CONFORM_CACHE to a folder on another disk (Go itself writes to `go env GOCACHE GOMODCACHE`)',
  });
  const progress = new BuildProgress(
    entries.flatMap(({ upstream }) => upstream.binaries.map((binary) => `${upstream.name}/${binary.name}`)),
  );
  const ticker = setInterval(() => progress.isBuilding && work.say(progress.line()), progressMs);
  try {
    await buildInTurn(work, entries, async (inner, entry) => {
      await ensureEntry(inner, entry.folder, (temporary) => build({ work: inner, toolchain, progress }, entry.upstream, temporary));
      progress.skipRest(entry.upstream.name);
    });
  } finally {
    clearInterval(ticker);
  }
}

/** Runs the builds two at a time; the first failure stops the other one before it is reported. */
async function buildInTurn(work: Work, entries: readonly Entry[], buildEntry: (work: Work, entry: Entry) => Promise<void>): Promise<void> {
  const failure = new AbortController();
  const inner: Work = { signal: AbortSignal.any([work.signal, failure.signal]), say: work.say };
  const queue = [...entries];
  const lane = async (): Promise<void> => {
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      await buildEntry(inner, entry);
    }
  };
  const lanes = Array.from({ length: upstreamsAtATime }, () =>
    lane().catch((error: unknown) => {
      failure.abort(error);
      throw error;
    }),
  );
  const ends = await Promise.allSettled(lanes);
  work.signal.throwIfAborted();
  if (ends.some((end) => end.status === 'rejected')) throw failure.signal.reason;
}

interface Build {
  readonly work: Work;
  readonly toolchain: Toolchain;
  readonly progress: BuildProgress;
}

async function build(context: Build, upstream: Upstream, folder: string): Promise<void> {
  for (const binary of upstream.binaries) {
    const title = `${upstream.name}/${binary.name}`;
    context.progress.begin(title);
    context.work.say(context.progress.line());
    const output = join(folder, 'bin', binary.name);
    const end = await (upstream.cgo ? compileWithC : compile)(context, upstream, binary, output);
    if (!succeeded(end)) throw notBuilt(title, end);
    context.progress.end(title);
  }
  await mkdir(join(folder, 'module'));
  if (upstream.files.length === 0) return;
  await copyModuleFiles(await moduleFolder(context, upstream), upstream.files, join(folder, 'module'));
}

function compile(context: Build, upstream: Upstream, binary: Binary, output: string): Promise<CommandEnd> {
  return go(context, upstream, ['build', ...buildFlags(upstream, binary), '-o', output, binary.package]);
}

/** The modules are fetched before: the compiler tree has no name server and no certificates. */
async function compileWithC(context: Build, upstream: Upstream, binary: Binary, output: string): Promise<CommandEnd> {
  const { work, toolchain } = context;
  const fetched = await go(context, upstream, ['list', '-deps', '-tags', upstream.tags.join(','), binary.package], { CGO_ENABLED: '1' });
  if (!succeeded(fetched)) return fetched;
  const tree = await ensureCompiler(work);
  return buildInTree(work, {
    tree: tree.folder,
    toolchain,
    pins: pinFolder(upstream),
    flags: buildFlags(upstream, binary),
    output,
    package: binary.package,
  });
}

/** Where Go keeps the upstream's module; it is downloaded first, since no build has done so where the catalogue lists no program. */
async function moduleFolder(context: Build, upstream: Upstream): Promise<string> {
  let end: CommandEnd | undefined;
  for (const args of [
    ['mod', 'download', upstream.module.path],
    ['list', '-m', '-f', '{{.Dir}}', upstream.module.path],
  ]) {
    end = await go(context, upstream, args);
    if (!succeeded(end)) throw notBuilt(`${upstream.name} (its module's files)`, end);
  }
  return lastLine(end?.output ?? '');
}

/** Go writes what it downloads before the answer. */
function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1) ?? '';
}

function go(
  context: Build,
  upstream: Upstream,
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<CommandEnd> {
  const { path, env } = context.toolchain;
  return runCommand(context.work, { file: path, args, env: { ...env, ...extra }, cwd: pinFolder(upstream) });
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
    saw: describeEnd(end, 15),
    next: 'if a download failed, look at the network and `go env GOPROXY`, and run the same command again: what is built stays built',
  });
}

function locate(entries: readonly Entry[]): Components {
  const folders = new Map(entries.map((entry) => [entry.upstream.name, entry.folder]));
  const binaries = new Map(
    entries.flatMap(({ upstream, folder }) => upstream.binaries.map(({ name }) => [name, join(folder, 'bin', name)])),
  );
  return {
    key: keyOf(entries.filter(({ upstream }) => upstream.option === undefined)),
    optionsKey: keyOf(entries.filter(({ upstream }) => upstream.option !== undefined)),
    binary: (name) => known(binaries, name),
    upstreamFile: (upstream, path) => join(known(folders, upstream), 'module', path),
  };
}

function keyOf(entries: readonly Entry[]): string {
  return digest(...entries.map((entry) => `${entry.upstream.name} ${entry.key}`));
}

function known(paths: ReadonlyMap<string, string>, name: string): string {
  const path = paths.get(name);
  if (path === undefined) throw new Error(`${name} is not in the component catalogue`);
  return path;
}
