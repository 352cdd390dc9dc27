import { createServer, type Socket } from 'node:net';

const headerBytes = 26;
const zeroes = Buffer.alloc(0);

export interface TestEngine {
  readonly path: string;
  readonly content: Buffer;
  /** What was asked, in its order: `write 0 4096`. */
  readonly asked: string[];
  /** Answers wait until this is called, and come in the order that it says; called once for all that were asked so far. */
  readonly settings: { answer: 'at once' | 'last first'; failure: { type: number; text: string } | undefined; ignoresUnmap: boolean };
  answerHeld(): void;
  /** Closes every connection; the socket stays. */
  die(): void;
  close(): void;
}

/** A socket as an engine serves it (longhorn-engine, pkg/dataconn), over a volume in memory. */
export async function serveVolume(path: string, sizeBytes: number): Promise<TestEngine> {
  const content = Buffer.alloc(sizeBytes);
  const asked: string[] = [];
  const settings: TestEngine['settings'] = { answer: 'at once', failure: undefined, ignoresUnmap: false };
  const held: (() => void)[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let stream = zeroes;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      stream = Buffer.concat([stream, Buffer.from(chunk)]);
      while (stream.length >= headerBytes && stream.length >= headerBytes + stream.readUInt32LE(22)) {
        const end = headerBytes + stream.readUInt32LE(22);
        const message = stream.subarray(0, end);
        stream = stream.subarray(end);
        const answer = perform(message);
        if (settings.answer === 'at once') socket.write(answer);
        else held.push(() => socket.write(answer));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const die = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    path,
    content,
    asked,
    settings,
    answerHeld: () => {
      for (const answer of held.toReversed()) answer();
      held.length = 0;
    },
    die,
    close: () => {
      die();
      server.close();
    },
  };

  function perform(message: Buffer): Buffer {
    const [type, offset, size] = [message.readUInt32LE(6), Number(message.readBigInt64LE(10)), message.readUInt32LE(18)];
    const kinds = ['read', 'write', 'response', 'error', 'end', 'close', 'ping', 'unmap'];
    asked.push(`${kinds[type]} ${offset} ${size}`);
    const sequence = message.readUInt32LE(2);
    if (settings.failure !== undefined) return encode(sequence, settings.failure.type, Buffer.from(settings.failure.text));
    if (type === 0) return encode(sequence, 2, content.subarray(offset, offset + size));
    if (type === 1) message.copy(content, offset, headerBytes);
    if (type === 7 && !settings.ignoresUnmap) content.fill(0, offset, offset + size);
    return encode(sequence, 2, zeroes);
  }
}

function encode(sequence: number, type: number, data: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16LE(0x1b01, 0);
  header.writeUInt32LE(sequence, 2);
  header.writeUInt32LE(type, 6);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt32LE(data.length, 22);
  return Buffer.concat([header, data]);
}
