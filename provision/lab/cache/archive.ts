import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { execa } from 'execa';
import { z } from 'zod';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';
import type { Work } from '../../../harness/engine/work.ts';
import { makeFolder } from '../../make-folder.ts';
import { diskUsage, inWords } from './disk-usage.ts';
import { ensureEntry, partial } from './entry.ts';
import { requireFreeDisk } from './free-disk.ts';
import { withLock } from './lock.ts';

/** The first member of an archive. */
const manifestName = 'conform-cache.json';

const manifest = z.object({
  format: z.literal(1),
  /** Of the processors, as Node names it: programs of one kind do not run on another. */
  machine: z.string(),
  /** Of the product that wrote it. */
  version: z.string(),
  /** RFC 3339. */
  writtenAt: z.string(),
  entries: z.array(
    z.object({
      /** Relative to the cache, as `components/etcd-0123456789abcdef`; the digest in it is that of what the entry is made of. */
      path: z.string().regex(/^(components|rootfs)\/[a-z0-9-]+$/),
      /** Files and folders, to be counted after the unpacking. */
      files: z.number().int().positive(),
      bytes: z.number().nonnegative(),
    }),
  ),
});

type Manifest = z.infer<typeof manifest>;

/** Owners, modes and extended attributes are those of the archive's machine: the trees become a node's /usr. */
const asTheyAre = ['--numeric-owner', '--xattrs', '--xattrs-include=*'];

const sayEveryMs = 1_000;

interface ExportOptions {
  readonly cache: string;
  readonly file: string;
  /** Relative to the cache; all of them are there. */
  readonly entries: readonly string[];
  readonly version: string;
}

interface Exported {
  /** Bytes of the entries on disk, and of the archive. */
  readonly bytes: number;
  readonly archiveBytes: number;
}

/** Writes entries of the cache to an archive (tar, zstd), which appears complete or not at all. Throws a Problem. */
export async function exportEntries(work: Work, { cache, file, entries, version }: ExportOptions): Promise<Exported> {
  const content: Manifest = { format: 1, machine: process.arch, version, writtenAt: new Date().toISOString(), entries: [] };
  for (const path of entries) content.entries.push({ path, ...(await diskUsage([join(cache, path)])) });
  const bytes = content.entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const folder = await mkdtemp(join(tmpdir(), 'conform-export-'));
  const unfinished = `${file}${partial}${randomUUID().slice(0, 8)}`;
  try {
    await writeFile(join(folder, manifestName), JSON.stringify(content));
    const names = ['--directory', folder, manifestName, '--directory', cache, ...entries];
    await writeArchive(work, unfinished, { names, of: inWords(bytes) });
    await rename(unfinished, file);
    return { bytes, archiveBytes: (await stat(file)).size };
  } catch (error) {
    throw work.signal.aborted || error instanceof Problem ? error : notWritten(file, error);
  } finally {
    await rm(unfinished, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

/** Zstandard's own default level; with a checksum, so that a byte that a disk or a network has changed is seen. */
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } };

async function writeArchive(work: Work, file: string, { names, of }: { names: readonly string[]; of: string }): Promise<void> {
  const tar = execa('tar', ['--create', '--file=-', ...asTheyAre, ...names], {
    buffer: { stdout: false },
    cancelSignal: work.signal,
    stdin: 'ignore',
  });
  const { signal } = work;
  await Promise.all([
    tar,
    pipeline(tar.stdout, counted(work, `of ${of} read`), createZstdCompress(compression), createWriteStream(file, { flags: 'wx' }), {
      signal,
    }),
  ]);
}

function notWritten(file: string, error: unknown): Problem {
  return new Problem(
    exitCode.provider,
    { expected: `to write ${file}`, saw: messageOf(error), next: 'look at the space and the rights of its folder' },
    error,
  );
}

interface ImportOptions {
  readonly cache: string;
  readonly file: string;
  /** Entries that this version uses, relative to the cache. */
  readonly named: readonly string[];
}

export interface Imported {
  readonly added: readonly string[];
  /** In the archive and in the cache. */
  readonly present: readonly string[];
  /** In the archive, and not of this version. */
  readonly foreign: readonly string[];
}

/**
 * Adds those entries of an archive that this version uses and the cache lacks. All of them are unpacked beside the cache's areas and
 * counted before the first takes its place, so that half an archive adds nothing. Throws a Problem for what is no such archive, or one
 * of other processors, or with nothing for this version.
 */
export async function importEntries(work: Work, { cache, file, named }: ImportOptions): Promise<Imported> {
  await makeFolder(cache);
  const content = await readManifest(work, file);
  requireFitting(file, content, named);
  return withLock(work, join(cache, 'import.lock'), async () => {
    await removeUnfinished(cache);
    const ours = content.entries.filter(({ path }) => named.includes(path));
    const [present, wanted] = [ours.filter(({ path }) => isThere(cache, path)), ours.filter(({ path }) => !isThere(cache, path))];
    if (wanted.length > 0) await addEntries(work, { cache, file, wanted });
    return {
      added: wanted.map(({ path }) => path),
      present: present.map(({ path }) => path),
      foreign: content.entries.map(({ path }) => path).filter((path) => !named.includes(path)),
    };
  });
}

function requireFitting(file: string, { machine, version, writtenAt, entries }: Manifest, named: readonly string[]): void {
  if (machine !== process.arch) {
    throw new Problem(exitCode.usage, {
      expected: `an archive for ${process.arch} processors`,
      saw: `${file} is for ${machine}`,
      next: 'use one that was written on a machine like this',
    });
  }
  if (entries.some(({ path }) => named.includes(path))) return;
  throw new Problem(exitCode.usage, {
    expected: 'an archive with parts of this version',
    saw: `${file}, which version ${version} wrote on ${writtenAt}: none of its ${entries.length} parts is the one that this version builds`,
    next: 'write one with this version: conform cache export FILE, on a machine that has built everything',
  });
}

interface Adding {
  readonly cache: string;
  readonly file: string;
  readonly wanted: Manifest['entries'];
}

async function addEntries(work: Work, { cache, file, wanted }: Adding): Promise<void> {
  const bytes = wanted.reduce((sum, entry) => sum + entry.bytes, 0);
  await requireFreeDisk(cache, {
    gib: Math.ceil(bytes / 2 ** 30) + 1,
    to: 'unpack the archive',
    mend: 'free some, or set CONFORM_CACHE to a folder on another disk',
  });
  const unpacked = await mkdtemp(join(cache, `import${partial}`));
  try {
    await unpack(work, file, { folder: unpacked, names: wanted.map(({ path }) => path) });
    for (const { path, files } of wanted) await requireWhole(file, { folder: join(unpacked, path), path, files });
    for (const { path } of wanted) {
      await makeFolder(dirname(join(cache, path)));
      await ensureEntry(work, join(cache, path), async (temporary) => {
        await rmdir(temporary);
        await rename(join(unpacked, path), temporary);
      });
    }
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

async function unpack(work: Work, file: string, { folder, names }: { folder: string; names: readonly string[] }): Promise<void> {
  const tar = execa('tar', ['--extract', '--file=-', '--directory', folder, '--preserve-permissions', ...asTheyAre, ...names], {
    cancelSignal: work.signal,
  });
  const reading = pipeline(createReadStream(file), counted(work, 'of the archive read'), createZstdDecompress(), tar.stdin, {
    signal: work.signal,
  });
  const [read, extracted] = await Promise.allSettled([reading, tar]);
  work.signal.throwIfAborted();
  // Where tar ends too early, reading fails too, and says less. Tar also ends well at the archive's end mark, before the last padding.
  if (extracted.status === 'rejected') throw notAnArchive(file, extracted.reason);
  if (read.status === 'rejected' && isOfInput(read.reason)) throw notAnArchive(file, read.reason);
}

/** Counts before anything is believed: tar says nothing of a file that the archive never had. */
async function requireWhole(file: string, { folder, path, files }: { folder: string; path: string; files: number }): Promise<void> {
  const found = await diskUsage([folder]).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return { files: 0 };
    throw error;
  });
  if (found.files !== files) throw notAnArchive(file, new Error(`${path} has ${found.files} files, and ${files} by its manifest`));
}

async function readManifest(work: Work, file: string): Promise<Manifest> {
  const tar = execa('tar', ['--extract', '--file=-', '--to-stdout', '--occurrence=1', manifestName], { cancelSignal: work.signal });
  // Tar ends behind the first member, and the reading then fails: only tar's own end counts.
  const reading = pipeline(createReadStream(file), createZstdDecompress(), tar.stdin, { signal: work.signal });
  const [read, listed] = await Promise.allSettled([reading, tar]);
  work.signal.throwIfAborted();
  if (listed.status === 'rejected')
    throw notAnArchive(file, read.status === 'rejected' && isOfInput(read.reason) ? read.reason : listed.reason);
  const parsed = manifest.safeParse(jsonOf(listed.value.stdout));
  if (!parsed.success) throw notAnArchive(file, new Error(`its ${manifestName} is of another format`));
  return parsed.data;
}

/** Whether reading or decompressing failed, and not the writing to a tar that had ended. */
function isOfInput(error: unknown): boolean {
  return error instanceof Error && !['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function notAnArchive(file: string, error: unknown): Problem {
  return new Problem(
    exitCode.usage,
    {
      expected: `a whole archive that \`conform cache export\` has written: ${file}`,
      saw: messageOf(error),
      next: 'write it anew, or copy it again; nothing was added to the cache',
    },
    error,
  );
}

/** What execa says begins with the whole command line; tar's own words are in stderr. */
function messageOf(error: unknown): string {
  if (error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== '') return error.stderr;
  return error instanceof Error ? error.message : String(error);
}

function isThere(cache: string, path: string): boolean {
  return existsSync(join(cache, path));
}

/** What killed imports have left; whoever holds the lock may remove it. */
async function removeUnfinished(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith(`import${partial}`)) await rm(join(cache, name), { recursive: true, force: true });
  }
}

/** Passes bytes on and says how many there were. */
function counted(work: Work, what: string): Transform {
  let [bytes, saidAt] = [0, 0];
  return new Transform({
    transform(chunk: Buffer, _, passOn) {
      bytes += chunk.length;
      if (Date.now() - saidAt > sayEveryMs) {
        saidAt = Date.now();
        work.say(`${inWords(bytes)} ${what}`);
      }
      passOn(undefined, chunk);
    },
  });
}
