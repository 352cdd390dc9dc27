import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Work } from '../../../harness/engine/work.ts';
import { type CommandEnd, runCommand, succeeded } from '../cache/command.ts';

/** A Go that was found good enough, and the environment it runs in. */
export interface Toolchain {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

interface TreeBuild {
  /** The compiler tree. */
  readonly tree: string;
  readonly toolchain: Toolchain;
  /** The folder with go.mod and go.sum. */
  readonly pins: string;
  readonly flags: readonly string[];
  readonly package: string;
  readonly output: string;
  readonly onLine: (line: string) => void;
}

const script = join(import.meta.dirname, 'build-in-tree.sh');

/** The folders of Go that the build reads and writes; they are this machine's, so that nothing is compiled twice. */
const goFolders = ['GOROOT', 'GOCACHE', 'GOMODCACHE'] as const;

/** Builds a program that contains C, in a root file system whose C compiler and libraries are those of the tree. */
export async function buildInTree(
  work: Work,
  { tree, toolchain, pins, flags, package: target, output, onLine }: TreeBuild,
): Promise<CommandEnd> {
  const asked = await runCommand(work, { file: toolchain.path, args: ['env', ...goFolders], env: toolchain.env, cwd: pins });
  if (!succeeded(asked)) return asked;
  const [root = '', ...caches] = asked.output.trim().split('\n');
  const environment = {
    ...toolchain.env,
    PATH: '/usr/bin',
    HOME: '/tmp',
    CC: 'gcc',
    CGO_ENABLED: '1',
    GOPROXY: 'off',
    GOTOOLCHAIN: 'local',
    GOCACHE: inside(caches[0] ?? ''),
    GOMODCACHE: inside(caches[1] ?? ''),
    GOTMPDIR: inside(tmpdir()),
  };
  const command = [inside(join(root, 'bin/go')), 'build', ...flags, '-o', inside(output), target];
  return runCommand(work, {
    file: 'unshare',
    onLine,
    args: ['--mount', script, tree, inside(pins), ...Object.entries(environment).map(([name, value]) => `${name}=${value}`), ...command],
  });
}

/** Where a file of this machine is in that root file system. */
export function inside(path: string): string {
  return join('/machine', path);
}
