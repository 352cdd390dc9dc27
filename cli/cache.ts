import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { type Imported, exportEntries, importEntries } from '../provision/lab/cache/archive.ts';
import { inWords } from '../provision/lab/cache/disk-usage.ts';
import { usingCache } from '../provision/lab/cache/users.ts';
import { namedEntries } from '../provision/lab/named-entries.ts';
import { type Pruned, pruneCache, superfluousInCache } from '../provision/lab/prune-cache.ts';
import { cacheFolder } from '../provision/paths.ts';
import { productVersion } from '../runs/record.ts';
import { interruptSignal } from './interrupt.ts';
import { requireLinuxRoot } from './machine.ts';
import { createPhase } from './phase.ts';

const exportCommand = new Command('export')
  .description('Write the compiled components and the Debian trees of this version to an archive, for another machine')
  .argument('<file>', 'for example conform-cache.tar.zst')
  .action(async (file: string) => {
    requireLinuxRoot();
    const phase = createPhase(interruptSignal());
    await usingCache(cacheFolder(), phase, async () => {
      const { slow } = await namedEntries();
      const entries = slow.filter((entry) => existsSync(join(cacheFolder(), entry)));
      if (entries.length === 0) throw nothingBuilt();
      const options = { cache: cacheFolder(), file: resolve(file), entries, version: productVersion };
      const { bytes, archiveBytes } = await phase(`Write ${parts(entries)} to ${file}`, (work) => exportEntries(work, options));
      const absent = slow.filter((entry) => !entries.includes(entry));
      process.stdout.write(
        `${file} has ${parts(entries)}, ${inWords(bytes)} in ${inWords(archiveBytes)}.\n${listed('Not built, so not in it', absent)}`,
      );
    });
  });

const importCommand = new Command('import')
  .description('Add the parts of an archive that this version uses; those that are in the cache stay as they are')
  .argument('<file>', 'what `conform cache export` has written; only from somebody whom you trust, since root will run it')
  .action(async (file: string) => {
    requireLinuxRoot();
    const phase = createPhase(interruptSignal());
    await usingCache(cacheFolder(), phase, async () => {
      const { slow } = await namedEntries();
      const options = { cache: cacheFolder(), file: resolve(file), named: slow };
      const imported = await phase(`Read ${file}`, (work) => importEntries(work, options));
      const absent = slow.filter((entry) => !existsSync(join(cacheFolder(), entry)));
      process.stdout.write(`${importText(imported)}${listed('Still to be built, by `conform up`', absent)}`);
    });
  });

const pruneCommand = new Command('prune')
  .description('Remove parts of other versions from the cache, except those that a lab uses')
  .option('--dry-run', 'only say what would be removed')
  .option('--json', 'as JSON')
  .action(async ({ dryRun, json }: { dryRun?: true; json?: true }) => {
    requireLinuxRoot();
    const phase = createPhase(interruptSignal());
    const found = dryRun ? await superfluousInCache() : await phase('Remove parts of other versions from the cache', pruneCache);
    process.stdout.write(json ? `${JSON.stringify(found, undefined, 2)}\n` : pruneText(found, dryRun ? 'Would remove' : 'Removed'));
  });

export const cacheCommand = new Command('cache').description(
  'Move what was built to another machine, or remove what other versions have left',
);
for (const command of [exportCommand, importCommand, pruneCommand]) cacheCommand.addCommand(command.exitOverride());

function importText({ added, present, foreign }: Imported): string {
  return `${parts(added)} added, ${present.length} there already.\n${listed('Of another version, so not added', foreign)}`;
}

function pruneText({ entries, inUse, bytes }: Pruned, verb: string): string {
  const what = entries.length === 0 ? 'There is nothing of other versions to remove.\n' : `${verb} ${parts(entries)}, ${inWords(bytes)}:\n`;
  return `${what}${entries.map((entry) => `  ${entry}\n`).join('')}${listed('Used by a lab or a process, so kept', inUse)}`;
}

function parts(entries: readonly string[]): string {
  return `${entries.length} ${entries.length === 1 ? 'part' : 'parts'}`;
}

function listed(title: string, entries: readonly string[]): string {
  return entries.length === 0 ? '' : `${title}: ${entries.join(', ')}\n`;
}

function nothingBuilt(): Problem {
  return new Problem(exitCode.provider, {
    expected: `parts of this version in the cache ${cacheFolder()}`,
    saw: 'none',
    next: 'conform up builds them',
  });
}
