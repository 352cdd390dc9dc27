import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import type { Work } from '../../harness/engine/work.ts';
import { describeEnd, runCommand, succeeded } from './cache/command.ts';

/** A package of Debian or Ubuntu that the machine itself needs. The nodes have a root file system of their own. */
export interface HostPackage {
  readonly name: string;
  /** What the lab does with it, as the end of "needed to ...". */
  readonly why: string;
  /** It is there when all of these are: programs on PATH, or files by their absolute path. */
  readonly brings: readonly string[];
}

export const hostPackages: readonly HostPackage[] = [
  { name: 'mmdebstrap', why: "make the nodes' Debian root file system", brings: ['mmdebstrap'] },
  {
    name: 'debian-archive-keyring',
    why: "check the signatures of the nodes' Debian packages",
    brings: ['/usr/share/keyrings/debian-archive-keyring.gpg'],
  },
  { name: 'util-linux', why: "make the lab's namespaces and enter them", brings: ['unshare', 'nsenter', 'setpriv'] },
];

/** Packages that only the product's own tests need. */
export const testPackages: readonly HostPackage[] = [{ name: 'shellcheck', why: 'check the shell programs', brings: ['shellcheck'] }];

/** The packages of which a program or file is not on this machine. It may have come by another way than the package. */
export async function missingHostPackages(packages: readonly HostPackage[] = hostPackages): Promise<HostPackage[]> {
  const complete = await Promise.all(packages.map(async ({ brings }) => (await Promise.all(brings.map(isThere))).every(Boolean)));
  return packages.filter((_, index) => !complete[index]);
}

/**
 * Installs what this machine lacks, after saying what and why.
 * Throws a Problem where it may not: not root, or no apt-get.
 */
export async function ensureHostPackages(work: Work, packages: readonly HostPackage[] = hostPackages): Promise<void> {
  const missing = await missingHostPackages(packages);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !(await isThere('apt-get'))) throw mayNotInstall(missing);
  for (const { name, why } of missing) await install(work, name, why);
  const still = await missingHostPackages(packages);
  if (still.length > 0)
    throw notInstalled(still, `apt-get says it has, and ${still.flatMap(({ brings }) => brings).join(', ')} are not all there`);
}

/** The command that installs them on Debian and Ubuntu. */
export function installCommand(packages: readonly Pick<HostPackage, 'name'>[]): string {
  return `apt-get install --no-install-recommends ${packages.map(({ name }) => name).join(' ')}`;
}

async function install(work: Work, name: string, why: string): Promise<void> {
  work.say(`installing ${name}, needed to ${why}`);
  const args = ['install', '-y', '--no-install-recommends', name];
  const first = await aptGet(work, args);
  if (succeeded(first)) return;
  // On a fresh machine the package lists are empty, or older than what the mirror still has.
  work.say(`updating the package lists for ${name}, needed to ${why}`);
  await aptGet(work, ['update']);
  const second = await aptGet(work, args);
  if (!succeeded(second)) throw notInstalled([{ name }], describeEnd(second, 10));
}

function aptGet(work: Work, args: readonly string[]): ReturnType<typeof runCommand> {
  return runCommand(work, {
    file: 'apt-get',
    args: ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args],
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function mayNotInstall(missing: readonly HostPackage[]): Problem {
  const who = process.getuid?.() === 0 ? 'no apt-get that could install them' : `user ${process.getuid?.()}, who may not install them`;
  return new Problem(exitCode.usage, {
    expected: missing.map(({ name, why }) => `${name}, to ${why}`).join('\n'),
    saw: `${missing.length === 1 ? 'it is' : 'they are'} not on this machine, and ${who}`,
    next: `on Debian and Ubuntu: sudo ${installCommand(missing)}\nelsewhere: the packages that bring ${missing.flatMap(({ brings }) => brings).join(', ')}`,
  });
}

function notInstalled(packages: readonly Pick<HostPackage, 'name'>[], saw: string): Problem {
  return new Problem(exitCode.provider, {
    expected: `apt-get to install ${packages.map(({ name }) => name).join(', ')}`,
    saw,
    next: `look at the network and /etc/apt; by hand it is: ${installCommand(packages)}`,
  });
}

/** A name is looked for on PATH and in the folders of root's programs, an absolute path is taken as it is. */
async function isThere(program: string): Promise<boolean> {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  const candidates = program.startsWith('/') ? [program] : folders.map((folder) => join(folder, program));
  const found = await Promise.all(
    candidates.map((path) =>
      access(path, program.startsWith('/') ? constants.R_OK : constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
