import { expect, test } from 'vitest';
import * as fuse from './fuse-protocol.ts';

function request(opcode: number, body: Buffer, unique = 7n): Buffer {
  const message = Buffer.alloc(fuse.inHeaderBytes + body.length);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt32LE(opcode, 4);
  message.writeBigUInt64LE(unique, 8);
  body.copy(message, fuse.inHeaderBytes);
  return message;
}

function initBody(minor: number, flags: number): Buffer {
  const body = Buffer.alloc(64);
  for (const [index, value] of [7, minor, 131_072, flags].entries()) body.writeUInt32LE(value, 4 * index);
  return body;
}

function rangeBody(offset: number, size: number, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.alloc(40);
  body.writeBigUInt64LE(BigInt(offset), 8);
  body.writeUInt32LE(size, 16);
  return Buffer.concat([body, data]);
}

test('a request is taken apart into opcode, number and body', () => {
  const { opcode, unique, body } = fuse.decodeRequest(request(fuse.opcode.read, Buffer.from('body'), 99n));
  expect([opcode, unique, body.toString()]).toEqual([fuse.opcode.read, 99n, 'body']);
});

test('a request whose length is not that of what was read is refused', () => {
  expect(() => fuse.decodeRequest(request(fuse.opcode.read, Buffer.from('body')).subarray(0, 42))).toThrow('42 were read');
});

test('offsets beyond 4 GiB are read whole', () => {
  expect(fuse.decodeRange(rangeBody(50 * 2 ** 30, 4096))).toEqual({ offset: 50 * 2 ** 30, size: 4096 });
});

test('the data of a write ends where it says', () => {
  expect(fuse.writeData(rangeBody(0, 4, Buffer.from('data and more'))).toString()).toBe('data');
});

test('the answer to INIT allows writes of 256 KiB and asks only for what the kernel offers', () => {
  const asyncDio = 1 << 15;
  const reply = fuse.encodeInit(initBody(45, asyncDio));
  expect(reply.length).toBe(64);
  expect(reply.readUInt32LE(4)).toBe(38);
  expect(reply.readUInt32LE(12)).toBe(asyncDio);
  expect(reply.readUInt32LE(20)).toBe(256 * 1024);
  expect(reply.readUInt16LE(28)).toBe(64);
});

test('a kernel older than 7.31 is refused', () => {
  expect(() => fuse.encodeInit(initBody(30, 0))).toThrow('7.30');
});

test.each([
  [3, { offset: 8192, size: 2 ** 33 }],
  [0x10 | 1, undefined],
  [0, undefined],
])('of the ways to allocate only a hole is known: mode %i gives %j', (mode, hole) => {
  const body = Buffer.alloc(32);
  body.writeBigUInt64LE(8192n, 8);
  body.writeBigUInt64LE(2n ** 33n, 16);
  body.writeUInt32LE(mode, 24);
  expect(fuse.decodeHole(body)).toEqual(hole);
});

test('the attributes say a regular file of the size, never to be kept', () => {
  const reply = fuse.encodeAttr(5 * 2 ** 30);
  expect(reply.readBigUInt64LE(0)).toBe(0n);
  expect(reply.readBigUInt64LE(16 + 8)).toBe(5n * 2n ** 30n);
  expect(reply.readUInt32LE(16 + 60) & 0o170000).toBe(0o100000);
});

test('an error is answered as a negative number without a body', () => {
  const reply = fuse.encodeError(3n, fuse.errno.io);
  expect([reply.readUInt32LE(0), reply.readInt32LE(4), reply.readBigUInt64LE(8)]).toEqual([16, -5, 3n]);
});
