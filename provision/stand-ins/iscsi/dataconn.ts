/**
 * Client of the socket on which an engine of Longhorn serves its volume (longhorn-engine v1.10, pkg/dataconn): many requests
 * at once, answered in any order.
 */
import { createConnection, type Socket } from 'node:net';
import { Full } from './fuse-file.ts';

const type = { read: 0, write: 1, response: 2, endOfFile: 4, close: 5, unmap: 7, noSpace: 8 } as const;
const magic = 0x1b01;
const headerBytes = 26;

interface Answer {
  readonly sequence: number;
  readonly type: number;
  /** In pieces, as they came. */
  readonly data: readonly Buffer[];
}

interface Waiting {
  readonly resolve: (data: readonly Buffer[]) => void;
  readonly reject: (error: Error) => void;
}

/** Throws when the engine does not take the connection. */
export async function connectEngine(path: string): Promise<EngineConnection> {
  const socket = createConnection(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new EngineConnection(socket);
}

/** Once the engine is gone, every request is rejected: nobody connects again, as the volume's next engine makes a new target. */
export class EngineConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;
  #gone: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const answers = new AnswerReader((answer) => this.#take(answer));
    socket.on('data', (chunk: Buffer) => answers.push(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the engine has closed the connection')));
  }

  read(offset: number, length: number): Promise<readonly Buffer[]> {
    return this.#ask(type.read, offset, length);
  }

  async write(offset: number, data: Buffer): Promise<void> {
    await this.#ask(type.write, offset, data.length, data);
  }

  async unmap(offset: number, length: number): Promise<void> {
    await this.#ask(type.unmap, offset, length);
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask(kind: number, offset: number, length: number, data?: Buffer): Promise<readonly Buffer[]> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    this.#sequence = (this.#sequence + 1) >>> 0;
    const sequence = this.#sequence;
    return new Promise((resolve, reject) => {
      this.#waiting.set(sequence, { resolve, reject });
      this.#socket.cork();
      this.#socket.write(encodeHeader({ sequence, kind, offset, length, dataBytes: data?.length ?? 0 }));
      if (data !== undefined) this.#socket.write(data);
      this.#socket.uncork();
    });
  }

  #take(answer: Answer): void {
    if (answer.type === type.close) {
      this.#socket.destroy();
      return;
    }
    const waiting = this.#waiting.get(answer.sequence);
    this.#waiting.delete(answer.sequence);
    if (answer.type === type.response || answer.type === type.endOfFile) waiting?.resolve(answer.data);
    else if (answer.type === type.noSpace) waiting?.reject(new Full(textOf(answer)));
    else waiting?.reject(new Error(textOf(answer)));
  }

  #end(error: Error): void {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }
}

function textOf(answer: Answer): string {
  return Buffer.concat(answer.data).toString() || `the engine answers with type ${answer.type}`;
}

interface Header {
  readonly sequence: number;
  readonly kind: number;
  readonly offset: number;
  readonly length: number;
  readonly dataBytes: number;
}

function encodeHeader({ sequence, kind, offset, length, dataBytes }: Header): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  header.writeUInt16LE(magic, 0);
  header.writeUInt32LE(sequence, 2);
  header.writeUInt32LE(kind, 6);
  header.writeBigInt64LE(BigInt(offset), 10);
  header.writeUInt32LE(length, 18);
  header.writeUInt32LE(dataBytes, 22);
  return header;
}

/** Cuts a stream into answers without copying their data. */
class AnswerReader {
  readonly #deliver: (answer: Answer) => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** What the header of the answer under way says. */
  #header: { readonly sequence: number; readonly type: number; readonly dataBytes: number } | undefined;

  constructor(deliver: (answer: Answer) => void) {
    this.#deliver = deliver;
  }

  push(chunk: Buffer): void {
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= (this.#header?.dataBytes ?? headerBytes)) {
      if (this.#header === undefined) this.#header = decodeHeader(Buffer.concat(this.#cut(headerBytes)));
      else {
        const { sequence, type: kind, dataBytes } = this.#header;
        this.#header = undefined;
        this.#deliver({ sequence, type: kind, data: this.#cut(dataBytes) });
      }
    }
  }

  #cut(bytes: number): Buffer[] {
    const taken: Buffer[] = [];
    for (let left = bytes; left > 0;) {
      const piece = this.#pieces.shift() ?? Buffer.alloc(0);
      taken.push(piece.subarray(0, left));
      if (piece.length > left) this.#pieces.unshift(piece.subarray(left));
      left -= Math.min(left, piece.length);
    }
    this.#bytes -= bytes;
    return taken;
  }
}

function decodeHeader(header: Buffer): { sequence: number; type: number; dataBytes: number } {
  if (header.readUInt16LE(0) !== magic) throw new Error(`not an engine's answer: it begins with ${header.subarray(0, 2).toString('hex')}`);
  return { sequence: header.readUInt32LE(2), type: header.readUInt32LE(6), dataBytes: header.readUInt32LE(22) };
}
