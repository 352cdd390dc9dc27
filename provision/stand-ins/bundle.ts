import { existsSync } from 'node:fs';
import { chmod, cp, glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'rolldown';
import type { Work } from '../../harness/engine/work.ts';
import { digest } from '../lab/cache/digest.ts';
import { ensureEntry } from '../lab/cache/entry.ts';
import { cacheFolder } from '../paths.ts';
import { programs, scripts } from './catalogue.ts';

/** The stand-ins' programs, each a `NAME.mjs` that needs nothing but Node and the chunks beside it. */
export interface StandIns {
  readonly folder: string;
  readonly key: string;
}

const repository = join(import.meta.dirname, '../..');

/** What the programs are made of: their own folder, what it may import, and the packages. */
const sources = ['provision/stand-ins/**/*.{ts,sh}', 'harness/**/*.ts', 'guide/**/*.ts', 'package-lock.json'];

/** Bundles the programs into the cache, unless that is done. */
export async function ensureStandIns(work: Work): Promise<StandIns> {
  const { key, folder } = await locateStandIns();
  await ensureEntry(work, folder, async (temporary) => {
    work.say(`bundling ${Object.keys(programs).length} programs`);
    await bundle(temporary);
    await copyScripts(temporary);
  });
  return { folder, key };
}

/** Where the bundled programs are, or will be. */
export async function locateStandIns(): Promise<StandIns> {
  const key = await sourcesKey();
  return { folder: join(cacheFolder(), 'stand-ins', key), key };
}

async function sourcesKey(): Promise<string> {
  const files = (await Array.fromAsync(glob(sources, { cwd: repository }))).filter((path) => !path.endsWith('.test.ts')).toSorted();
  const contents = await Promise.all(files.map((path) => readFile(join(repository, path))));
  return digest(process.version, ...files.flatMap((path, index) => [path, contents[index] ?? '']));
}

async function bundle(folder: string): Promise<void> {
  const input = Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, join(import.meta.dirname, path)]));
  const absent = Object.values(input).filter((path) => !existsSync(path));
  if (absent.length > 0) throw new Error(`the catalogue of stand-ins names ${absent.join(', ')}, which is not there`);
  await build({
    input,
    platform: 'node',
    cwd: repository,
    logLevel: 'silent',
    output: { dir: folder, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
  });
}

async function copyScripts(folder: string): Promise<void> {
  for (const [to, from] of Object.entries(scripts)) {
    await cp(join(import.meta.dirname, from), join(folder, to));
    await chmod(join(folder, to), 0o755);
  }
}
