import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import { makeFolder } from '../make-folder.ts';
import { stateFolder } from '../paths.ts';
import { machineHierarchies } from './site/cgroup.ts';
import { labGroups } from './site/site.ts';

/**
 * With control groups version 2 each container's shim takes an instance: a lab needs about 185 (61 without the shims, and some 120
 * containers), and with none left a kubelet that starts again ends at once (seen). Debian and Ubuntu allow 128.
 */
const ofVersion2 = { atLeast: 512, eachLab: 256 };

/** With version 1 a lab takes 61 (seen). */
const ofVersion1 = { atLeast: 128, eachLab: 64 };

/** Where the limit is read and set, and where its former value is kept until the last lab is gone. */
export interface LimitFiles {
  readonly limit: string;
  readonly kept: string;
}

function limitFiles(): LimitFiles {
  return { limit: '/proc/sys/fs/inotify/max_user_instances', kept: join(stateFolder(), 'inotify.json') };
}

const kept = z.object({ was: z.number(), made: z.number() });
type Kept = z.infer<typeof kept>;

/** The inotify instances that a user needs for this many labs side by side. */
export function neededInstances(version: 1 | 2, labs: number): number {
  const { atLeast, eachLab } = version === 2 ? ofVersion2 : ofVersion1;
  return Math.max(atLeast, eachLab * labs);
}

/** What one lab more needs, where the machine allows fewer; undefined where it allows enough. */
export async function missingInstances(): Promise<{ has: number; needs: number } | undefined> {
  const hierarchies = await machineHierarchies();
  const needs = neededInstances(hierarchies?.version ?? 1, (await labGroups()).length + 1);
  const has = await readLimit(limitFiles().limit);
  return has < needs ? { has, needs } : undefined;
}

/** Raises the limit, and keeps its first value for giveBack. Throws a Problem with the line to type where it cannot be set. */
export async function raiseInstances(to: number, files = limitFiles()): Promise<void> {
  const earlier = await readKept(files.kept);
  const before = earlier?.was ?? (await readLimit(files.limit));
  await makeFolder(dirname(files.kept));
  await keep({ was: before, made: to }, files.kept);
  await writeFile(files.limit, String(to)).catch(async (error: unknown) => {
    await (earlier === undefined ? rm(files.kept) : keep(earlier, files.kept));
    throw new Problem(
      exitCode.provider,
      {
        expected: `fs.inotify.max_user_instances of at least ${to}, which a lab needs`,
        saw: `${before}, and it cannot be set: ${error instanceof Error ? error.message : String(error)}`,
        next: `sysctl -w fs.inotify.max_user_instances=${to}, on the machine itself where this is a container`,
      },
      error,
    );
  });
}

/** Puts the limit back once no lab is left, unless somebody has set another since. */
export async function giveBackInstances(files = limitFiles(), labs = labGroups): Promise<void> {
  const raised = await readKept(files.kept);
  if (raised === undefined || (await labs()).length > 0) return;
  if ((await readLimit(files.limit)) === raised.made) await writeFile(files.limit, String(raised.was));
  await rm(files.kept);
}

async function readLimit(file: string): Promise<number> {
  return Number(await readFile(file, 'utf8'));
}

async function keep(values: Kept, file: string): Promise<void> {
  await writeFile(file, `${JSON.stringify(values)}\n`);
}

async function readKept(file: string): Promise<Kept | undefined> {
  try {
    return kept.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
