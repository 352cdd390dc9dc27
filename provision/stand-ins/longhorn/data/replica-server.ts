/**
 * Serves one replica's data over TCP to the one engine that has it open.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { encodeFrameHeader, type Frame, FrameReader, jsonPayload, kind, parsePayload, status } from './frames.ts';
import type { ReplicaData } from './replica-data.ts';

/** What the answer of `open` says. */
export interface ReplicaOpened {
  readonly size: number;
  readonly generation: number;
  readonly dirty: boolean;
  readonly rebuilding: boolean;
}

/** Faults of the data path, asked at each request. */
export interface ReplicaFaults {
  /** Writes are confirmed and not made. */
  readonly loseWrites: boolean;
  /** No request is answered. */
  readonly silent: boolean;
}

/** Longhorn gives replicas and engines ports from here on. */
const firstPort = 10_000;
const lastPort = 30_000;

export class ReplicaServer {
  readonly data: ReplicaData;
  readonly port: number;
  readonly #server: Server;
  readonly #faults: () => ReplicaFaults;
  #engine: Socket | undefined;
  #running = 0;
  #idle: (() => void) | undefined;

  private constructor(data: ReplicaData, listening: { server: Server; port: number }, faults: () => ReplicaFaults) {
    this.data = data;
    this.port = listening.port;
    this.#server = listening.server;
    this.#faults = faults;
    this.#server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(data: ReplicaData, faults: () => ReplicaFaults): Promise<ReplicaServer> {
    return new ReplicaServer(data, await listen(), faults);
  }

  /** Ends the connection, then closes the data once the requests under way have ended. */
  async stop(): Promise<void> {
    this.#server.close();
    this.#engine?.destroy();
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.data.close();
  }

  #serve(socket: Socket): void {
    const frames = new FrameReader();
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      try {
        for (const frame of frames.push(piece)) void this.#answer(socket, frame);
      } catch (error) {
        say(this.data.directory, error);
        socket.destroy();
      }
    });
  }

  async #answer(socket: Socket, frame: Frame): Promise<void> {
    if (this.#faults().silent) return;
    this.#running += 1;
    try {
      if (frame.kind === kind.open) this.#take(socket);
      if (socket !== this.#engine) throw new Error('the replica is not open on this connection');
      reply(socket, frame, status.done, await this.#perform(frame));
    } catch (error) {
      say(this.data.directory, error);
      reply(socket, frame, status.refused, jsonPayload({ error: error instanceof Error ? error.message : String(error) }));
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#idle?.();
    }
  }

  #take(socket: Socket): void {
    if (this.#engine !== socket) this.#engine?.destroy();
    this.#engine = socket;
  }

  async #perform(frame: Frame): Promise<Buffer | undefined> {
    switch (frame.kind) {
      case kind.open:
        return jsonPayload(opened(this.data));
      case kind.read:
        return this.data.read(frame.offset, frame.length);
      case kind.write:
        await this.#write(frame);
        return undefined;
      case kind.flush:
        await this.data.flush();
        return undefined;
      case kind.ping:
        return undefined;
      case kind.extents:
        return jsonPayload(await this.data.extents());
      default:
        await this.#change(frame);
        return undefined;
    }
  }

  async #write(frame: Frame): Promise<void> {
    if (this.#faults().loseWrites) return;
    await this.data.setDirty(true);
    await this.data.write(frame.offset, frame.payload);
  }

  async #change(frame: Frame): Promise<void> {
    switch (frame.kind) {
      case kind.generation:
        return this.data.setGeneration(numberIn(frame));
      case kind.expand:
        return this.data.expand(numberIn(frame));
      case kind.rebuilding:
        return this.data.startRebuild();
      case kind.rebuilt:
        return this.data.endRebuild(numberIn(frame));
      case kind.close:
        await this.data.flush();
        return this.data.setDirty(false);
      default:
        throw new Error(`request ${frame.kind} is not known`);
    }
  }
}

function opened(data: ReplicaData): ReplicaOpened {
  const { Size, Generation, Dirty, Rebuilding } = data.meta;
  return { size: Size, generation: Generation, dirty: Dirty, rebuilding: Rebuilding };
}

function reply(socket: Socket, frame: Frame, outcome: number, payload: Buffer | undefined): void {
  if (socket.destroyed) return;
  socket.cork();
  socket.write(
    encodeFrameHeader({ id: frame.id, kind: frame.kind, status: outcome, length: 0, offset: 0, payloadBytes: payload?.length ?? 0 }),
  );
  if (payload !== undefined) socket.write(payload);
  socket.uncork();
}

function numberIn(frame: Frame): number {
  const value = parsePayload(frame.payload);
  if (!Number.isSafeInteger(value)) throw new Error(`${JSON.stringify(value)} is not a whole number`);
  return value as number;
}

/** The first free port of Longhorn's range. */
async function listen(): Promise<{ server: Server; port: number }> {
  for (let port = firstPort; port <= lastPort; port += 1) {
    const server = createServer();
    if (await listens(server, port)) return { server, port };
  }
  throw new Error(`no free port from ${firstPort} to ${lastPort}`);
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(port, '0.0.0.0', () => {
      server.removeAllListeners('error');
      resolve(true);
    });
  });
}

function say(directory: string, error: unknown): void {
  process.stderr.write(`replica ${directory}: ${String(error)}\n`);
}
