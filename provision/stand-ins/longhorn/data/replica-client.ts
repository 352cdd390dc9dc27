/**
 * An engine's connection to a replica.
 */
import { connect, type Socket } from 'node:net';
import { encodeFrameHeader, type Extent, type Frame, FrameReader, jsonPayload, kind, type Kind, parsePayload, status } from './frames.ts';
import type { ReplicaOpened } from './replica-server.ts';

/** A replica that leaves a request unanswered for so long has failed (Longhorn's setting engine-replica-timeout). */
const replicaTimeoutMs = 8000;

const pingIntervalMs = 1000;
/** Emptying, listing and expanding a replica take longer than a write. */
const slowTimeoutMs = 60_000;
const slow: ReadonlySet<number> = new Set([kind.rebuilding, kind.rebuilt, kind.extents, kind.expand, kind.flush]);

interface Waiting {
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
  readonly expiresAt: number;
}

/** The replica's connection or the replica itself failed; it is of no use any more. */
export class ReplicaFailed extends Error {}

export class ReplicaClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #failed: (error: Error) => void;
  readonly #watch: NodeJS.Timeout;
  #nextId = 1;
  #closed = false;

  private constructor(socket: Socket, failed: (error: Error) => void) {
    this.#socket = socket;
    this.#failed = failed;
    const frames = new FrameReader();
    socket.setNoDelay(true);
    socket.on('data', (piece: Buffer) => this.#received(frames, piece));
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#fail('the connection was closed'));
    this.#watch = setInterval(() => this.#check(), pingIntervalMs);
  }

  /** Connects to `address` (host:port). `failed` is called once, when the replica fails later. */
  static async connect(address: string, failed: (error: Error) => void): Promise<ReplicaClient> {
    return new ReplicaClient(await connected(address), failed);
  }

  /** The replica is this engine's from now on. */
  async open(): Promise<ReplicaOpened> {
    return parsePayload((await this.#request(kind.open)).payload) as ReplicaOpened;
  }

  async read(offset: number, length: number): Promise<readonly Buffer[]> {
    return (await this.#request(kind.read, { offset, length })).payload;
  }

  async write(offset: number, data: readonly Buffer[]): Promise<void> {
    await this.#request(kind.write, { offset, data });
  }

  async flush(): Promise<void> {
    await this.#request(kind.flush);
  }

  async extents(): Promise<Extent[]> {
    return parsePayload((await this.#request(kind.extents)).payload) as Extent[];
  }

  async setGeneration(generation: number): Promise<void> {
    await this.#request(kind.generation, { data: [jsonPayload(generation)] });
  }

  async expand(size: number): Promise<void> {
    await this.#request(kind.expand, { data: [jsonPayload(size)] });
  }

  async startRebuild(): Promise<void> {
    await this.#request(kind.rebuilding);
  }

  async endRebuild(generation: number): Promise<void> {
    await this.#request(kind.rebuilt, { data: [jsonPayload(generation)] });
  }

  /** Ends in order. A replica that has failed already is left as it is. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#request(kind.close).catch(() => undefined);
    this.drop();
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.#closed = true;
    this.#end('the connection was given up');
  }

  #request(
    what: Kind,
    { offset = 0, length = 0, data = [] }: { offset?: number; length?: number; data?: readonly Buffer[] } = {},
  ): Promise<Frame> {
    if (this.#socket.destroyed) return Promise.reject(new ReplicaFailed('the connection is closed'));
    const id = this.#nextId;
    this.#nextId = (this.#nextId % 0xffff_ffff) + 1;
    const payloadBytes = data.reduce((sum, piece) => sum + piece.length, 0);
    this.#socket.cork();
    this.#socket.write(encodeFrameHeader({ id, kind: what, status: status.done, length, offset, payloadBytes }));
    for (const piece of data) this.#socket.write(piece);
    this.#socket.uncork();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, expiresAt: Date.now() + (slow.has(what) ? slowTimeoutMs : replicaTimeoutMs) });
    });
  }

  #received(frames: FrameReader, piece: Buffer): void {
    try {
      for (const frame of frames.push(piece)) this.#answered(frame);
    } catch (error) {
      this.#fail(String(error));
    }
  }

  #answered(frame: Frame): void {
    const waiting = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    if (frame.status === status.done) waiting?.resolve(frame);
    else waiting?.reject(new ReplicaFailed((parsePayload(frame.payload) as { error: string }).error));
  }

  #check(): void {
    const now = Date.now();
    if ([...this.#waiting.values()].some(({ expiresAt }) => expiresAt < now)) this.#fail(`no answer within ${replicaTimeoutMs / 1000} s`);
    else this.#request(kind.ping).catch(() => undefined);
  }

  #fail(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end(reason);
    this.#failed(new ReplicaFailed(reason));
  }

  #end(reason: string): void {
    clearInterval(this.#watch);
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(new ReplicaFailed(reason));
    this.#waiting.clear();
  }
}

function connected(address: string): Promise<Socket> {
  const [host, port] = address.split(':');
  const socket = connect({ host: host ?? '', port: Number(port), timeout: replicaTimeoutMs });
  return new Promise((resolve, reject) => {
    const refuse = (reason: string): void => {
      socket.destroy();
      reject(new ReplicaFailed(`${address}: ${reason}`));
    };
    socket.once('error', (error) => refuse(error.message));
    socket.once('timeout', () => refuse(`no connection within ${replicaTimeoutMs / 1000} s`));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners();
      resolve(socket);
    });
  });
}
