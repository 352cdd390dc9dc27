import { join } from 'node:path';
import type { Work } from '../../harness/engine/work.ts';
import { cacheFolder } from '../paths.ts';
import type { Phase } from '../provider.ts';
import { diskUsage, inWords } from './cache/disk-usage.ts';
import { type Superfluous, findSuperfluous, removeEntries } from './cache/prune.ts';
import { aloneInCache, cacheInUse } from './cache/users.ts';
import { namedEntries } from './named-entries.ts';

/** Long enough for somebody who changes between two versions now and then. */
const unusedForDays = 14;
const dayMs = 24 * 60 * 60 * 1000;

/** What was found beside the entries of this version, and what it takes. */
export interface Pruned extends Superfluous {
  /** Bytes that the removal of the entries gives back. */
  readonly bytes: number;
}

/** Removes entries of other versions that nobody has used for two weeks, and says so; does nothing while another command uses the cache. */
export async function pruneUnused(phase: Phase): Promise<void> {
  const options = { ...(await whatIsNamed()), unusedForMs: unusedForDays * dayMs };
  if ((await findSuperfluous(options)).entries.length === 0) return;
  await aloneInCache(cacheFolder(), async () => {
    const { entries, bytes } = await measured(await findSuperfluous(options));
    const title = `Remove ${entries.length} parts of other versions from the cache, ${inWords(bytes)}, unused for ${unusedForDays} days`;
    if (entries.length > 0) await phase(title, (work) => removeEntries(work, cacheFolder(), entries));
  });
}

/** Entries of other versions, used or not, with what they take. */
export async function superfluousInCache(): Promise<Pruned> {
  return measured(await findSuperfluous(await whatIsNamed()));
}

/** Removes entries of other versions at once. Throws a Problem while another command uses the cache. */
export async function pruneCache(work: Work): Promise<Pruned> {
  const options = await whatIsNamed();
  const answer = await aloneInCache(cacheFolder(), async () => {
    const found = await measured(await findSuperfluous(options));
    await removeEntries(work, cacheFolder(), found.entries);
    return found;
  });
  if (answer.kind === 'in-use') throw cacheInUse(cacheFolder(), answer.by);
  return answer.value;
}

/** The cache, and what this version uses of it. */
export async function whatIsNamed(): Promise<{ cache: string; named: string[] }> {
  const { slow, others } = await namedEntries();
  return { cache: cacheFolder(), named: [...slow, ...others] };
}

async function measured(found: Superfluous): Promise<Pruned> {
  const { bytes } = await diskUsage(found.entries.map((entry) => join(cacheFolder(), entry)));
  return { ...found, bytes };
}
