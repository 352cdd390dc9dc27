/**
 * The data of one replica on its node's disk, with the file names of Longhorn: a sparse image, and `volume.meta`.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Extent } from './frames.ts';

const run = promisify(execFile);

/** volume.meta as Longhorn's replica writes it, and `Generation`. */
export interface ReplicaMeta {
  readonly Size: number;
  readonly Head: string;
  readonly Dirty: boolean;
  readonly Rebuilding: boolean;
  readonly Error: string;
  readonly Parent: string;
  readonly SectorSize: number;
  readonly BackingFilePath: string;
  /**
   * Counts the changes of the set of replicas: an engine raises it on all replicas that it goes on with, before it
   * confirms the first write that another one has missed. Of a volume's replicas those with the highest are complete.
   */
  readonly Generation: number;
}

const head = 'volume-head-000.img';
const metaFile = 'volume.meta';
const noSuchFile = 'ENOENT';

export class ReplicaData {
  readonly directory: string;
  readonly #image: FileHandle;
  #meta: ReplicaMeta;
  #saving: Promise<void> = Promise.resolve();

  private constructor(directory: string, image: FileHandle, meta: ReplicaMeta) {
    this.directory = directory;
    this.#image = image;
    this.#meta = meta;
  }

  /** Opens what is in `directory`, or makes it. A larger `size` than it has grows it. */
  static async open(directory: string, size: number): Promise<ReplicaData> {
    await mkdir(directory, { recursive: true });
    const known = await readMeta(directory);
    if (known !== undefined && known.Size > size) throw new SizeRefused(known.Size, size);
    const image = await open(join(directory, head), constants.O_RDWR | constants.O_CREAT, 0o600);
    const data = new ReplicaData(directory, image, known ?? emptyMeta(size));
    if (known === undefined || known.Size < size) await data.expand(size);
    return data;
  }

  get meta(): ReplicaMeta {
    return this.#meta;
  }

  /** Bytes that the image occupies on the disk. */
  async actualSize(): Promise<number> {
    return (await this.#image.stat()).blocks * 512;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    this.#within(offset, length);
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#image.read(buffer, 0, length, offset);
    return buffer.fill(0, bytesRead);
  }

  async write(offset: number, pieces: readonly Buffer[]): Promise<void> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#within(offset, length);
    const { bytesWritten } = await this.#image.writev(pieces, offset);
    if (bytesWritten !== length) throw new Error(`${bytesWritten} of ${length} bytes written at ${offset}: is the disk full?`);
  }

  async flush(): Promise<void> {
    await this.#image.datasync();
  }

  /** The parts of the image that are not holes, by xfs_io(8), since Node has no SEEK_DATA; without that program, everything. */
  async extents(): Promise<Extent[]> {
    try {
      const { stdout } = await run('xfs_io', ['-r', '-c', 'seek -a -r 0', join(this.directory, head)], { maxBuffer: 256 * 1024 * 1024 });
      return parseSeek(stdout, this.#meta.Size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== noSuchFile) throw error;
      return [{ offset: 0, length: this.#meta.Size }];
    }
  }

  async expand(size: number): Promise<void> {
    if (size < this.#meta.Size) throw new SizeRefused(this.#meta.Size, size);
    await this.#image.truncate(size);
    await this.#save({ Size: size });
  }

  async setDirty(dirty: boolean): Promise<void> {
    if (this.#meta.Dirty !== dirty) await this.#save({ Dirty: dirty });
  }

  async setGeneration(generation: number): Promise<void> {
    await this.#save({ Generation: generation });
  }

  /** Empties the image; the meta says first that it is incomplete. */
  async startRebuild(): Promise<void> {
    await this.#save({ Rebuilding: true, Generation: 0 });
    await this.#image.truncate(0);
    await this.#image.truncate(this.#meta.Size);
  }

  async endRebuild(generation: number): Promise<void> {
    await this.#image.datasync();
    await this.#save({ Rebuilding: false, Generation: generation });
  }

  async close(): Promise<void> {
    await this.#saving;
    await this.#image.close();
  }

  #within(offset: number, length: number): void {
    if (offset < 0 || offset + length > this.#meta.Size)
      throw new Error(`${length} bytes at ${offset} are beyond the size of ${this.#meta.Size}`);
  }

  /** One after another, each complete on the disk before the next. */
  async #save(change: Partial<ReplicaMeta>): Promise<void> {
    const turn = this.#saving.then(() => this.#write({ ...this.#meta, ...change }));
    this.#saving = turn.catch(() => undefined);
    await turn;
  }

  async #write(meta: ReplicaMeta): Promise<void> {
    const next = join(this.directory, `${metaFile}.tmp`);
    const file = await open(next, 'w', 0o600);
    await file.writeFile(JSON.stringify(meta));
    await file.sync();
    await file.close();
    await rename(next, join(this.directory, metaFile));
    this.#meta = meta;
  }
}

/** A volume only grows. */
export class SizeRefused extends Error {
  constructor(has: number, asked: number) {
    super(`cannot change the size from ${has} to ${asked} bytes: a volume cannot be made smaller`);
  }
}

/** Lines `DATA <offset>` and `HOLE <offset>` in turn, as xfs_io's `seek -a -r` prints them. */
export function parseSeek(output: string, size: number): Extent[] {
  const points = [...output.matchAll(/^(DATA|HOLE)\s+(\d+)/gm)].map(([, what, offset]) => ({ what, offset: Number(offset) }));
  return points.flatMap(({ what, offset }, index) => {
    const end = Math.min(points[index + 1]?.offset ?? size, size);
    return what === 'DATA' && end > offset ? [{ offset, length: end - offset }] : [];
  });
}

function emptyMeta(size: number): ReplicaMeta {
  return {
    Size: size,
    Head: head,
    Dirty: false,
    Rebuilding: false,
    Error: '',
    Parent: '',
    SectorSize: 512,
    BackingFilePath: '',
    Generation: 0,
  };
}

async function readMeta(directory: string): Promise<ReplicaMeta | undefined> {
  try {
    const meta = JSON.parse(await readFile(join(directory, metaFile), 'utf8')) as ReplicaMeta;
    await stat(join(directory, head));
    return meta;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === noSuchFile) return undefined;
    throw error;
  }
}
