import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';
import type { Work } from '../../../harness/engine/work.ts';
import { type CommandEnd, describeEnd, runCommand, succeeded } from '../cache/command.ts';
import { digest } from '../cache/digest.ts';
import { ensureEntry } from '../cache/entry.ts';
import { cacheFolder } from '../../paths.ts';
import { type Tree, compilerTree, debianSuite, nodeTree, toolsTree } from './catalogue.ts';
import { configureTree } from './configure.ts';

/** A tree in the cache; it is shared by everything that uses it and must stay as it is. */
export interface Rootfs {
  readonly folder: string;
  readonly key: string;
}

/** /usr, /bin, /sbin, /lib and /lib64 of the lab's nodes. */
export function ensureRootfs(work: Work): Promise<Rootfs> {
  return ensureTree(work, nodeTree);
}

/** The layer under the images that need more than one program. */
export function ensureTools(work: Work): Promise<Rootfs> {
  return ensureTree(work, toolsTree);
}

/** A C compiler with its headers and libraries, as the packages are: it runs in a root of its own, never beside a node. */
export async function ensureCompiler(work: Work): Promise<Rootfs> {
  const rootfs = await locateTree(compilerTree);
  await ensureEntry(work, rootfs.folder, async (temporary) => {
    work.say('unpacking a C compiler from Debian packages');
    await unpack(work, compilerTree, temporary);
    await requirePrograms(work, compilerTree, temporary);
  });
  return rootfs;
}

/** Where the trees are, or will be once they are made. */
export async function locateTrees(): Promise<{ node: Rootfs; tools: Rootfs; compiler: Rootfs }> {
  return { node: await locateTree(nodeTree), tools: await locateTree(toolsTree), compiler: await locateTree(compilerTree) };
}

async function locateTree(tree: Tree): Promise<Rootfs> {
  const key = await treeKey(tree);
  return { folder: join(cacheFolder(), 'rootfs', `${tree.name}-${key}`), key };
}

async function ensureTree(work: Work, tree: Tree): Promise<Rootfs> {
  const rootfs = await locateTree(tree);
  await ensureEntry(work, rootfs.folder, async (temporary) => {
    work.say(`unpacking ${tree.packages.length} Debian packages and what they need (${tree.name} tree)`);
    await unpack(work, tree, temporary);
    await configureTree(work, temporary);
    await requirePrograms(work, tree, temporary);
  });
  return rootfs;
}

/** Changes with the packages and with the code that arranges them; not when Debian publishes a newer patch. */
async function treeKey(tree: Tree): Promise<string> {
  const recipe = ['configure.ts', 'unwanted.ts', 'merged-usr.sh'].map((name) => readFile(join(import.meta.dirname, name)));
  return digest(JSON.stringify({ ...tree, debianSuite, machine: process.arch }), ...(await Promise.all(recipe)));
}

/** In a mount namespace of its own, because a killed mmdebstrap leaves its mounts behind. */
async function unpack(work: Work, tree: Tree, folder: string): Promise<void> {
  const end = await runCommand(work, {
    file: 'unshare',
    args: [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'mmdebstrap',
      '--mode=root',
      '--variant=extract',
      `--setup-hook=${join(import.meta.dirname, 'merged-usr.sh')}`,
      `--include=${tree.packages.join(',')}`,
      debianSuite,
      folder,
    ],
  });
  if (succeeded(end)) return;
  throw notUnpacked(end);
}

function notUnpacked(end: CommandEnd): Problem {
  const absent = end.output.includes('failed to execute mmdebstrap');
  return new Problem(exitCode.provider, {
    expected: "mmdebstrap to unpack the Debian packages of the lab's nodes",
    saw: absent ? 'mmdebstrap is not on PATH' : describeEnd(end, 15),
    next: absent
      ? 'install it: apt install mmdebstrap debian-archive-keyring'
      : 'if a download failed, look at the network and at http_proxy, and run the same command again',
  });
}

/** Finds missing libraries now instead of inside a node. */
async function requirePrograms(work: Work, tree: Tree, folder: string): Promise<void> {
  for (const [program, ...args] of tree.programs) {
    const end = await runCommand(work, { file: 'chroot', args: [folder, program ?? '', ...args] });
    if (starts(end)) continue;
    throw new Problem(exitCode.provider, {
      expected: `${program} to start in the ${tree.name} tree`,
      saw: describeEnd(end, 5),
      next: 'a package is missing or has moved: look at provision/lab/rootfs/catalogue.ts',
    });
  }
}

/** 125 to 127 come from chroot and the dynamic linker; some programs have no argument that ends them with 0. */
function starts(end: CommandEnd): boolean {
  return end.kind === 'exited' && (end.code < 125 || end.code > 127);
}
