import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findSuperfluous } from '../cache/prune.ts';
import { componentsInCache } from '../components/build.ts';
import { findGo, oldestGo } from '../components/go.ts';
import { type HostPackage, hostPackages, installCommand, missingHostPackages } from '../host-packages.ts';
import { locateImages } from '../images/template.ts';
import { lab, labFolder } from '../lab.ts';
import { stateFolder } from '../../paths.ts';
import { whatIsNamed } from '../prune-cache.ts';
import { locateTrees } from '../rootfs/build.ts';
import { groupName, labGroups } from '../site/site.ts';
import { type Finding, type Prerequisite, missing, ok, warning } from './check.ts';

const product = join(import.meta.dirname, '../../..');

/** Packages without which not even a built lab can start; the others only make its parts. */
const alwaysNeeded = ['util-linux'];

export const softwarePrerequisites: readonly Prerequisite[] = [
  { id: 'node', title: 'Node', needed: 'always', check: node },
  { id: 'npm-packages', title: 'npm packages', needed: 'always', check: npmPackages },
  ...hostPackages.map((one): Prerequisite => ({
    id: one.name,
    title: `Package ${one.name}`,
    needed: alwaysNeeded.includes(one.name) ? 'always' : 'first-build',
    check: () => hostPackage(one),
  })),
  { id: 'go', title: 'Go', needed: 'first-build', check: go },
  { id: 'cache', title: "Lab's parts", needed: 'first-build', check: parts },
  { id: 'labs', title: 'Labs', needed: 'always', check: labs },
  { id: 'leftovers', title: 'Leftovers', needed: 'always', check: leftovers },
];

/** True when a lab can start without building anything. */
export async function partsAreBuilt(): Promise<boolean> {
  return (await missingParts()).length === 0;
}

async function missingParts(): Promise<string[]> {
  const [{ missing: upstreams, components }, trees] = await Promise.all([componentsInCache(), locateTrees()]);
  const images = await locateImages(components, trees.node, trees.tools);
  const folders = {
    "the nodes' root file system": trees.node.folder,
    "the images' tools": trees.tools.folder,
    'the images': images.folder,
  };
  return [
    ...upstreams,
    ...Object.entries(folders)
      .filter(([, folder]) => !existsSync(folder))
      .map(([name]) => name),
  ];
}

async function node(): Promise<Finding> {
  const [major = 0] = process.versions.node.split('.').map(Number);
  return major >= 24 ? ok(process.versions.node) : missing(process.versions.node, 'start it with ./conform, which brings its own Node');
}

/** The front door leaves the lock file that it installed from; see `conform`. */
async function npmPackages(): Promise<Finding> {
  const read = (path: string): Promise<string> => readFile(join(product, path), 'utf8').catch(() => '');
  const [installed, wanted] = await Promise.all([read('node_modules/.conform-lock'), read('package-lock.json')]);
  return installed === wanted
    ? ok('as package-lock.json has them')
    : warning('not those of package-lock.json', 'start it with ./conform, which installs them');
}

async function hostPackage(wanted: HostPackage): Promise<Finding> {
  const [absent] = await missingHostPackages([wanted]);
  if (absent === undefined) return ok(`brings ${wanted.brings.join(', ')}`);
  return missing(
    `not there, needed to ${wanted.why}`,
    `\`conform up\` installs it on Debian and Ubuntu; by hand: ${installCommand([wanted])}`,
  );
}

async function go(): Promise<Finding> {
  const found = await findGo();
  if (found.kind === 'usable') return ok(`${found.version.join('.')} (${found.path})`);
  const saw = found.kind === 'too-old' ? `${found.path} is ${found.version.join('.')}` : 'none on PATH or in /usr/local/go';
  return missing(
    saw,
    `install ${oldestGo.slice(0, 2).join('.')} or newer: \`apt install -t bookworm-backports golang-go\` on Debian 12, elsewhere unpack https://go.dev/dl/ in /usr/local/go`,
  );
}

async function parts(): Promise<Finding> {
  const absent = await missingParts();
  if (absent.length > 0)
    return warning(`not in the cache: ${absent.join(', ')}`, '`conform up` builds them, and shows how long that will take');
  const { cache, named } = await whatIsNamed();
  const others = (await findSuperfluous({ cache, named })).entries.length;
  return ok(
    others === 0 ? 'all in the cache' : `all in the cache; \`conform cache prune\` would remove ${others} of other versions beside them`,
  );
}

async function labs(): Promise<Finding> {
  const names = await lab.names();
  return ok(names.length === 0 ? 'none' : `${names.join(', ')} (\`conform status\` shows them)`);
}

/** Control groups that no lab of this state folder accounts for. */
async function leftovers(): Promise<Finding> {
  const known = new Set((await lab.names()).map((name) => groupName(labFolder(name))));
  const stray = (await labGroups()).filter((group) => !known.has(group));
  if (stray.length === 0) return ok('none');
  return warning(
    `control groups of no lab in ${stateFolder()}: ${stray.join(', ')}`,
    `if they are of a lab with another CONFORM_STATE, leave them; else look at them with \`find /sys/fs/cgroup -name cgroup.procs -path '*/${stray[0]}/*'\``,
  );
}
