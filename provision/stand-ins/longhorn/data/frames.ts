/**
 * What an engine and a replica send each other over TCP: frames of a fixed header and a payload, requests answered in any
 * order. One engine has one connection to a replica. All numbers are little endian.
 *
 *   0 payload bytes u32 | 4 request id u32 | 8 kind u8 | 9 status u8 (answers) | 12 length u32 (read) | 16 offset f64
 */

/**
 * The payload is JSON for `open`, `generation`, `expand` and their answers and for every answer that refuses; data for
 * `write` and the answer of `read`; else nothing.
 */
export const kind = {
  /** The first request of a connection: the engine takes the replica; a connection of an engine before is closed. */
  open: 1,
  read: 2,
  write: 3,
  /** Answered when everything confirmed is on the disk. */
  flush: 4,
  ping: 5,
  expand: 6,
  /** Keeps the generation of the volume's data, see Generation in replica-data.ts. */
  generation: 7,
  /** Empties the replica; until `rebuilt` it counts as incomplete. */
  rebuilding: 8,
  rebuilt: 9,
  /** Answered with the parts that hold data: Extent[]. */
  extents: 10,
  /** The engine stops in order: the replica is no longer dirty. */
  close: 11,
} as const;

export type Kind = (typeof kind)[keyof typeof kind];

export const status = { done: 0, refused: 1 } as const;

export const headerBytes = 24;

/** More than the largest FUSE request; a frame that says more is not one of ours. */
export const maxPayloadBytes = 16 * 1024 * 1024;

export interface Frame {
  readonly id: number;
  readonly kind: number;
  readonly status: number;
  readonly length: number;
  readonly offset: number;
  /** In the pieces in which it arrived. */
  readonly payload: readonly Buffer[];
}

/** A part of a volume, in bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

export function encodeFrameHeader(frame: Omit<Frame, 'payload'> & { readonly payloadBytes: number }): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(frame.payloadBytes, 0);
  header.writeUInt32LE(frame.id, 4);
  header.writeUInt8(frame.kind, 8);
  header.writeUInt8(frame.status, 9);
  header.writeUInt32LE(frame.length, 12);
  header.writeDoubleLE(frame.offset, 16);
  return header;
}

/** Cuts a stream into frames. Payloads are not copied. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** All frames that are complete with this piece. Throws when the stream cannot be frames. */
  push(piece: Buffer): Frame[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    if (this.#bytes < headerBytes) return undefined;
    const header = this.#header();
    const payloadBytes = header.readUInt32LE(0);
    if (payloadBytes > maxPayloadBytes) throw new Error(`a frame of ${payloadBytes} bytes: not an engine or replica of ours`);
    if (this.#bytes < headerBytes + payloadBytes) return undefined;
    this.#take(headerBytes);
    return {
      id: header.readUInt32LE(4),
      kind: header.readUInt8(8),
      status: header.readUInt8(9),
      length: header.readUInt32LE(12),
      offset: header.readDoubleLE(16),
      payload: this.#take(payloadBytes),
    };
  }

  /** The next header, whole, at the start of the first piece or copied together from several. */
  #header(): Buffer {
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= headerBytes) return first.subarray(0, headerBytes);
    this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]?.subarray(0, headerBytes) ?? Buffer.alloc(0);
  }

  #take(bytes: number): Buffer[] {
    const taken: Buffer[] = [];
    let left = bytes;
    while (left > 0) {
      const piece = this.#pieces.shift();
      if (piece === undefined) throw new Error('fewer bytes than counted');
      taken.push(piece.subarray(0, left));
      if (piece.length > left) this.#pieces.unshift(piece.subarray(left));
      left -= Math.min(left, piece.length);
    }
    this.#bytes -= bytes;
    return taken;
  }
}

export function jsonPayload(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export function parsePayload(payload: readonly Buffer[]): unknown {
  return JSON.parse(Buffer.concat(payload).toString()) as unknown;
}
