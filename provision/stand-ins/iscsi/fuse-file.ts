/**
 * One regular file whose reads and writes this process answers: a FUSE file system with the file as its root.
 */
import { spawn } from 'node:child_process';
import { close, open, read, writevSync } from 'node:fs';
import { promisify } from 'node:util';
import * as fuse from './fuse-protocol.ts';

/** What stands behind the file. Each rejection is an I/O error for the reader or writer; a Full says that there is no room. */
export interface Content {
  size(): number;
  /** In pieces. */
  read(offset: number, length: number): Promise<readonly Buffer[]>;
  /** Resolves when the data is confirmed; `data` may be reused after that. */
  write(offset: number, data: Buffer): Promise<void>;
  /** Frees a part, which then reads as zeros. */
  free(offset: number, length: number): Promise<void>;
}

/** There is no room left behind the file. */
export class Full extends Error {}

const openFile = promisify(open);
const closeFile = promisify(close);
/** writev(2) takes 1024 pieces, and few large ones cost less. */
const maxPieces = 64;
const gone = new Set(['ENODEV', 'EBADF']);

/** Mounts `content` at the existing file `path`. `ended` resolves when the mount is gone. */
export async function mountFile(path: string, name: string, content: Content): Promise<{ readonly ended: Promise<void> }> {
  const device = await openFile('/dev/fuse', 'r+');
  await mount(device, path, name);
  return { ended: serveAndClose(device, content) };
}

async function serveAndClose(device: number, content: Content): Promise<void> {
  try {
    await serve(device, content);
  } finally {
    await closeFile(device);
  }
}

/** mount(8) is given the connection as its file descriptor 3. */
function mount(device: number, path: string, name: string): Promise<void> {
  const options = 'fd=3,rootmode=100000,user_id=0,group_id=0,allow_other';
  const child = spawn('mount', ['-i', '-t', 'fuse', '-o', options, name, path], { stdio: ['ignore', 'ignore', 'pipe', device] });
  let problem = '';
  child.stderr?.on('data', (data: Buffer) => {
    problem += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`mount of ${path}: ${problem.trim()}`))));
  });
}

/** Reads requests until the mount is gone. Requests are answered in any order, as their answers come. */
async function serve(device: number, content: Content): Promise<void> {
  const buffers = new Buffers();
  for (;;) {
    const buffer = await buffers.take();
    const message = await next(device, buffer);
    if (message === undefined) return;
    void answer(device, fuse.decodeRequest(message), content).finally(() => buffers.giveBack(buffer));
  }
}

/** As many buffers as there may be requests: whoever wants one more waits for an answer. They are made when first wanted. */
class Buffers {
  #made = 0;
  readonly #free: Buffer[] = [];
  #waiting: ((buffer: Buffer) => void) | undefined;

  async take(): Promise<Buffer> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made === fuse.requestsAtATime) return new Promise((resolve) => (this.#waiting = resolve));
    this.#made += 1;
    return Buffer.allocUnsafeSlow(fuse.requestBufferBytes);
  }

  giveBack(buffer: Buffer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#free.push(buffer);
    else waiting(buffer);
  }
}

function next(device: number, buffer: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    read(device, buffer, 0, buffer.length, null, (error, bytes) => {
      if (error === null) resolve(buffer.subarray(0, bytes));
      else if (gone.has(error.code ?? '')) resolve(undefined);
      else if (error.code === 'EINTR' || error.code === 'ENOENT') resolve(next(device, buffer));
      else reject(error);
    });
  });
}

async function answer(device: number, request: fuse.Request, content: Content): Promise<void> {
  try {
    if (unanswered.has(request.opcode)) return;
    const body = await perform(request, content);
    const bytes = body.reduce((sum, piece) => sum + piece.length, 0);
    send(device, [fuse.encodeHeader(request.unique, bytes), ...(body.length > maxPieces ? [Buffer.concat(body)] : body)]);
  } catch (error) {
    send(device, [fuse.encodeError(request.unique, errnoOf(error))]);
  }
}

function errnoOf(error: unknown): number {
  if (error instanceof Refused) return error.errno;
  return error instanceof Full ? fuse.errno.noSpace : fuse.errno.io;
}

const unanswered: ReadonlySet<number> = new Set([fuse.opcode.forget, fuse.opcode.batchForget, fuse.opcode.interrupt]);

/** The answer's body. */
async function perform(request: fuse.Request, content: Content): Promise<readonly Buffer[]> {
  switch (request.opcode) {
    case fuse.opcode.read: {
      const { offset, size } = fuse.decodeRange(request.body);
      return content.read(offset, Math.max(0, Math.min(size, content.size() - offset)));
    }
    case fuse.opcode.write: {
      const data = fuse.writeData(request.body);
      await content.write(fuse.decodeRange(request.body).offset, data);
      return [fuse.encodeWritten(data.length)];
    }
    case fuse.opcode.fallocate: {
      const hole = fuse.decodeHole(request.body);
      if (hole === undefined) throw new Refused(fuse.errno.notSupported);
      await content.free(hole.offset, hole.size);
      return [];
    }
    case fuse.opcode.init:
      return [fuse.encodeInit(request.body)];
    case fuse.opcode.getattr:
    case fuse.opcode.setattr:
      return [fuse.encodeAttr(content.size())];
    case fuse.opcode.open:
      return [fuse.encodeOpen()];
    case fuse.opcode.statfs:
      return [fuse.encodeStatfs()];
    case fuse.opcode.release:
    case fuse.opcode.flush:
    case fuse.opcode.destroy:
      return [];
    // Also fsync, which the kernel then never asks again: a confirmed write is where it has to be.
    default:
      throw new Refused(fuse.errno.noSys);
  }
}

class Refused extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`FUSE error ${errno}`);
    this.errno = errno;
  }
}

/** ENOENT: the request was interrupted or the mount is gone, nobody waits for the answer any more. */
function send(device: number, parts: Buffer[]): void {
  try {
    writevSync(device, parts);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code !== 'ENOENT' && !gone.has(code)) throw error;
  }
}
