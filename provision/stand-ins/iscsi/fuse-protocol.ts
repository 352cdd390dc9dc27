/**
 * Messages of the kernel's FUSE protocol (include/uapi/linux/fuse.h, 7.31 and later, little endian), as far as a file
 * system needs them that consists of one regular file, which is also its root.
 */

export const opcode = {
  forget: 2,
  getattr: 3,
  setattr: 4,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  flush: 25,
  init: 26,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
  fallocate: 43,
} as const;

/** Error numbers that are answered. */
export const errno = { io: 5, noSpace: 28, noSys: 38, notSupported: 95 } as const;

export const inHeaderBytes = 40;
const outHeaderBytes = 16;

/** Requests that are answered at the same time; the kernel keeps the others. */
export const requestsAtATime = 16;

/** Bytes of one write or read request at most. With 16 at a time a file takes 4 MiB, however fast its writer is. */
const maxTransferBytes = 64 * 4096;

/** A read of /dev/fuse must have room for the largest request: the kernel wants one page above the data. */
export const requestBufferBytes = maxTransferBytes + 4096;

const flags = { asyncRead: 1 << 0, bigWrites: 1 << 5, asyncDio: 1 << 15, maxPages: 1 << 22 };
const directIo = 1 << 0;
const parallelDirectWrites = 1 << 6;
const regularFile = 0o100600;
/** struct fuse_init_out, from protocol 7.23 on. */
const initOutBytes = 64;
const attrOutBytes = 104;
/** The newest minor version whose messages this file knows. */
const ownMinor = 38;

export interface Request {
  readonly opcode: number;
  readonly unique: bigint;
  /** What follows the header. Valid until the buffer is read into again. */
  readonly body: Buffer;
}

/** A request of /dev/fuse: always exactly one a read. */
export function decodeRequest(message: Buffer): Request {
  const length = message.readUInt32LE(0);
  if (length !== message.length || length < inHeaderBytes)
    throw new Error(`FUSE request says ${length} bytes, ${message.length} were read`);
  return { opcode: message.readUInt32LE(4), unique: message.readBigUInt64LE(8), body: message.subarray(inHeaderBytes) };
}

/** Offset and length in bytes of a FUSE_READ or FUSE_WRITE. */
export function decodeRange(body: Buffer): { readonly offset: number; readonly size: number } {
  return { offset: Number(body.readBigUInt64LE(8)), size: body.readUInt32LE(16) };
}

/** The data of a FUSE_WRITE, behind struct fuse_write_in. */
export function writeData(body: Buffer): Buffer {
  return body.subarray(40, 40 + body.readUInt32LE(16));
}

export function encodeHeader(unique: bigint, bodyBytes: number, error = 0): Buffer {
  const header = Buffer.alloc(outHeaderBytes);
  header.writeUInt32LE(outHeaderBytes + bodyBytes, 0);
  header.writeInt32LE(-error, 4);
  header.writeBigUInt64LE(unique, 8);
  return header;
}

export function encodeError(unique: bigint, error: number): Buffer {
  return encodeHeader(unique, 0, error);
}

/** A FUSE_FALLOCATE that frees a part of the file (fallocate(2), FALLOC_FL_PUNCH_HOLE); undefined when it asks for something else. */
export function decodeHole(body: Buffer): { readonly offset: number; readonly size: number } | undefined {
  const punchHoleKeepSize = 3;
  if (body.readUInt32LE(24) !== punchHoleKeepSize) return undefined;
  return { offset: Number(body.readBigUInt64LE(8)), size: Number(body.readBigUInt64LE(16)) };
}

/** Answer to FUSE_INIT: large requests, several at a time, no cache. */
export function encodeInit(request: Buffer): Buffer {
  const [major, minor, readahead, offered] = [0, 4, 8, 12].map((at) => request.readUInt32LE(at)) as [number, number, number, number];
  if (major !== 7 || minor < 31) throw new Error(`the kernel speaks FUSE ${major}.${minor}, not 7.31 or later`);
  const reply = Buffer.alloc(initOutBytes);
  reply.writeUInt32LE(7, 0);
  reply.writeUInt32LE(Math.min(minor, ownMinor), 4);
  reply.writeUInt32LE(readahead, 8);
  reply.writeUInt32LE(offered & (flags.asyncRead | flags.bigWrites | flags.asyncDio | flags.maxPages), 12);
  reply.writeUInt16LE(requestsAtATime, 16);
  reply.writeUInt16LE((requestsAtATime * 3) / 4, 18);
  reply.writeUInt32LE(maxTransferBytes, 20);
  reply.writeUInt32LE(1, 24);
  reply.writeUInt16LE(maxTransferBytes / 4096, 28);
  return reply;
}

/** Answer to FUSE_GETATTR and FUSE_SETATTR: a regular file, never cached, so that a grown size is seen at once. */
export function encodeAttr(sizeBytes: number): Buffer {
  const reply = Buffer.alloc(attrOutBytes);
  const attr = 16;
  reply.writeBigUInt64LE(1n, attr);
  reply.writeBigUInt64LE(BigInt(sizeBytes), attr + 8);
  reply.writeBigUInt64LE(BigInt(Math.ceil(sizeBytes / 512)), attr + 16);
  reply.writeUInt32LE(regularFile, attr + 60);
  reply.writeUInt32LE(1, attr + 64);
  reply.writeUInt32LE(4096, attr + 80);
  return reply;
}

/** Answer to FUSE_OPEN: past the page cache, so that a write is confirmed only when the volume has it. */
export function encodeOpen(): Buffer {
  const reply = Buffer.alloc(16);
  reply.writeUInt32LE(directIo | parallelDirectWrites, 8);
  return reply;
}

/** Answer to FUSE_STATFS: a name length and block size, no figures. */
export function encodeStatfs(): Buffer {
  const reply = Buffer.alloc(80);
  reply.writeUInt32LE(4096, 40);
  reply.writeUInt32LE(255, 44);
  reply.writeUInt32LE(4096, 48);
  return reply;
}

/** Answer to FUSE_WRITE. */
export function encodeWritten(bytes: number): Buffer {
  const reply = Buffer.alloc(8);
  reply.writeUInt32LE(bytes, 0);
  return reply;
}
