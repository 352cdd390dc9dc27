import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrameHeader, FrameReader, headerBytes, kind, maxPayloadBytes } from './frames.ts';

const frame = fc.record({
  id: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  kind: fc.constantFrom(...Object.values(kind)),
  status: fc.constantFrom(0, 1),
  length: fc.integer({ min: 0, max: 2 ** 20 }),
  offset: fc.integer({ min: 0, max: 2 ** 46 }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

test('frames arrive as they were sent, however the stream was cut', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 97 }), (frames, cut) => {
      const stream = Buffer.concat(
        frames.flatMap(({ payload, ...rest }) => [encodeFrameHeader({ ...rest, payloadBytes: payload.length }), payload]),
      );
      const reader = new FrameReader();
      const received = Array.from({ length: Math.ceil(stream.length / cut) }, (_, index) =>
        reader.push(stream.subarray(index * cut, (index + 1) * cut)),
      ).flat();
      expect(received.map(({ payload, ...rest }) => ({ ...rest, payload: Buffer.concat(payload).toString('hex') }))).toEqual(
        frames.map(({ payload, ...rest }) => ({ ...rest, payload: Buffer.from(payload).toString('hex') })),
      );
    }),
  );
});

test('a payload that is too long is not waited for', () => {
  const header = encodeFrameHeader({ id: 1, kind: kind.write, status: 0, length: 0, offset: 0, payloadBytes: maxPayloadBytes + 1 });
  expect(header.length).toBe(headerBytes);
  expect(() => new FrameReader().push(header)).toThrow('not an engine or replica');
});
