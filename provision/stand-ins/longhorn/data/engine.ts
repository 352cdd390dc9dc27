/**
 * One volume, made of its replicas: every write goes to all of them before it is confirmed, a read comes from one. A
 * replica that fails is given up, and I/O goes on with the others as long as one is complete.
 */
import type { EngineReplica, InstanceState, ReplicaMode } from '../instance-api.ts';
import type { Extent } from './frames.ts';
import type { Content } from './fuse-file.ts';
import { RangeLocks } from './range-locks.ts';
import { ReplicaClient } from './replica-client.ts';
import { SizeRefused } from './replica-data.ts';

interface Replica {
  readonly name: string;
  readonly address: string;
  mode: ReplicaMode;
  error: string;
  client: ReplicaClient | undefined;
  copied: number;
  toCopy: number;
}

export interface ReplicaAddress {
  readonly name: string;
  readonly address: string;
}

export interface EngineFaults {
  /** Rebuilds stand still. */
  readonly rebuildPaused: boolean;
}

const copyBytes = 1024 * 1024;
const copiesAtOnce = 4;
const pauseMs = 500;

/** None of the replicas is complete and answers. */
export class NoHealthyReplica extends Error {}

export class Engine implements Content {
  readonly volume: string;
  readonly #host: string;
  readonly #faults: () => EngineFaults;
  readonly #replicas = new Map<string, Replica>();
  readonly #locks = new RangeLocks();
  #size: number;
  #generation = 0;
  #closed = false;
  /** Ends when all changes of the replicas' generation so far are on their disks; a write is confirmed only after it. */
  #fence: Promise<void> = Promise.resolve();

  private constructor(volume: string, size: number, own: { host: string; faults: () => EngineFaults }) {
    this.volume = volume;
    this.#size = size;
    this.#host = own.host;
    this.#faults = own.faults;
  }

  /** `host` is the own address: a replica there is read from first. Throws NoHealthyReplica. */
  static async start(
    volume: { readonly name: string; readonly size: number; readonly replicas: readonly ReplicaAddress[] },
    own: { readonly host: string; readonly faults: () => EngineFaults },
  ): Promise<Engine> {
    const engine = new Engine(volume.name, volume.size, own);
    await engine.#openAll(volume.replicas);
    return engine;
  }

  get state(): InstanceState {
    return this.#complete().length > 0 ? 'running' : 'error';
  }

  get error(): string {
    return this.state === 'running'
      ? ''
      : `no healthy replica: ${[...this.#replicas.values()].map(({ name, error }) => `${name}: ${error}`).join('; ')}`;
  }

  replicas(): EngineReplica[] {
    return [...this.#replicas.values()].map(({ name, address, mode, error, copied, toCopy }) => ({
      name,
      address,
      mode,
      ...(mode === 'WO' && { rebuildProgress: toCopy === 0 ? 0 : Math.floor((100 * copied) / toCopy) }),
      ...(mode === 'ERR' && { error }),
    }));
  }

  size(): number {
    return this.#size;
  }

  async read(offset: number, length: number): Promise<readonly Buffer[]> {
    if (length === 0) return [];
    for (const replica of this.#complete()) {
      try {
        return await clientOf(replica).read(offset, length);
      } catch (error) {
        this.#giveUp(replica, error);
      }
    }
    throw new NoHealthyReplica(this.error);
  }

  async write(offset: number, data: Buffer): Promise<void> {
    await this.#locks.run({ offset, length: data.length, exclusive: false }, () => this.#onAll((client) => client.write(offset, [data])));
  }

  async flush(): Promise<void> {
    await this.#onAll((client) => client.flush());
  }

  /** Grows the replicas. Throws SizeRefused. */
  async expand(size: number): Promise<void> {
    if (size < this.#size) throw new SizeRefused(this.#size, size);
    await this.#locks.run({ offset: 0, length: Infinity, exclusive: true }, async () => {
      await this.#onAll((client) => client.expand(size));
      this.#size = size;
    });
  }

  /** Adds an empty replica; resolves when it takes writes. The copy goes on behind it. */
  async rebuild({ name, address }: ReplicaAddress): Promise<void> {
    const known = this.#replicas.get(name);
    if (known !== undefined && known.mode !== 'ERR') return;
    const replica = this.#add({ name, address });
    replica.mode = 'WO';
    try {
      const client = await this.#connect(replica);
      const { size } = await client.open();
      if (size < this.#size) await client.expand(this.#size);
      await client.startRebuild();
      await this.#locks.run({ offset: 0, length: Infinity, exclusive: true }, async () => {
        replica.client = client;
      });
    } catch (error) {
      this.#giveUp(replica, error);
      throw error;
    }
    void this.#copyAll(replica).catch((error: unknown) => this.#giveUp(replica, error));
  }

  remove(name: string): void {
    this.#replicas.get(name)?.client?.drop();
    const replica = this.#replicas.get(name);
    if (replica !== undefined) this.#giveUp(replica, new Error('removed'));
    this.#replicas.delete(name);
  }

  /** Leaves the replicas in order. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#replicas.values()].map(async ({ client }) => client?.close()));
  }

  async #openAll(addresses: readonly ReplicaAddress[]): Promise<void> {
    const replicas = addresses.map((address) => this.#add(address));
    const opened = new Map<Replica, number>();
    await Promise.all(
      replicas.map(async (replica) => this.#openOne(replica, opened).catch((error: unknown) => this.#giveUp(replica, error))),
    );
    this.#generation = Math.max(0, ...opened.values());
    for (const [replica, generation] of opened) {
      if (generation === this.#generation) replica.mode = 'RW';
      else this.#giveUp(replica, new Error(`its data is older (generation ${generation}) than that of others (${this.#generation})`));
    }
    this.#raiseGeneration();
    await this.#settled();
    if (this.state === 'error') throw new NoHealthyReplica(this.error);
  }

  async #openOne(replica: Replica, opened: Map<Replica, number>): Promise<void> {
    const client = await this.#connect(replica);
    replica.client = client;
    const { size, generation, rebuilding } = await client.open();
    if (rebuilding) throw new Error('its rebuild has not ended');
    if (size < this.#size) await client.expand(this.#size);
    opened.set(replica, generation);
  }

  /** A replica counts only once its mode says so; until then it is `ERR`. */
  #add({ name, address }: ReplicaAddress): Replica {
    const replica: Replica = { name, address, mode: 'ERR', error: '', client: undefined, copied: 0, toCopy: 0 };
    this.#replicas.set(name, replica);
    return replica;
  }

  #connect(replica: Replica): Promise<ReplicaClient> {
    return ReplicaClient.connect(replica.address, (error) => this.#giveUp(replica, error));
  }

  /** The complete replicas, that of the own node first. */
  #complete(): Replica[] {
    const complete = [...this.#replicas.values()].filter(({ mode }) => mode === 'RW');
    return complete.toSorted((one, other) => Number(this.#isLocal(other)) - Number(this.#isLocal(one)));
  }

  #isLocal({ address }: Replica): boolean {
    return address.startsWith(`${this.#host}:`);
  }

  /** On every replica that takes writes. Throws when no complete one has done it. */
  async #onAll(work: (client: ReplicaClient) => Promise<void>): Promise<void> {
    const targets = [...this.#replicas.values()].filter(({ mode, client }) => mode !== 'ERR' && client !== undefined);
    await Promise.all(
      targets.map((replica) =>
        work(clientOf(replica)).catch((error: unknown) => {
          this.#giveUp(replica, error);
        }),
      ),
    );
    await this.#settled();
    if (!targets.some(({ mode }) => mode === 'RW')) throw new NoHealthyReplica(this.error);
  }

  #giveUp(replica: Replica, error: unknown): void {
    if (replica.error !== '' || this.#closed) return;
    const wasComplete = replica.mode === 'RW';
    replica.mode = 'ERR';
    replica.error = error instanceof Error ? error.message : String(error);
    replica.client?.drop();
    process.stderr.write(`engine ${this.volume}: replica ${replica.name} at ${replica.address} failed: ${replica.error}\n`);
    if (wasComplete) this.#raiseGeneration();
  }

  /** Tells the replicas that are left that they have more than the others. */
  #raiseGeneration(): void {
    this.#generation += 1;
    const generation = this.#generation;
    this.#fence = this.#fence.then(async () => {
      const raise = (replica: Replica): Promise<void> =>
        clientOf(replica)
          .setGeneration(generation)
          .catch((error: unknown) => this.#giveUp(replica, error));
      await Promise.all(this.#complete().map(raise));
    });
  }

  async #settled(): Promise<void> {
    let seen: Promise<void> | undefined;
    while (seen !== this.#fence) {
      seen = this.#fence;
      await seen;
    }
  }

  async #copyAll(replica: Replica): Promise<void> {
    const extents = await this.#extents();
    replica.toCopy = extents.reduce((sum, { length }) => sum + length, 0);
    const left = extents.values().flatMap(parts);
    await Promise.all(Array.from({ length: copiesAtOnce }, () => this.#copyFrom(left, replica)));
    await clientOf(replica).flush();
    const completed = this.#fence.then(async () => {
      await clientOf(replica).endRebuild(this.#generation);
      if (replica.mode === 'WO') replica.mode = 'RW';
    });
    this.#fence = completed.catch(() => undefined);
    await completed;
  }

  async #copyFrom(left: IteratorObject<Extent>, replica: Replica): Promise<void> {
    for (const part of left) await this.#copy(replica, part);
  }

  async #copy(replica: Replica, part: Extent): Promise<void> {
    while (this.#faults().rebuildPaused) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await this.#locks.run({ ...part, exclusive: true }, async () => {
      await clientOf(replica).write(part.offset, await this.read(part.offset, part.length));
    });
    replica.copied += part.length;
  }

  async #extents(): Promise<readonly Extent[]> {
    for (const replica of this.#complete()) {
      try {
        return await clientOf(replica).extents();
      } catch (error) {
        this.#giveUp(replica, error);
      }
    }
    throw new NoHealthyReplica(this.error);
  }
}

function clientOf({ client, name }: Replica): ReplicaClient {
  if (client === undefined) throw new Error(`replica ${name} is not connected`);
  return client;
}

function* parts({ offset, length }: Extent): Generator<Extent> {
  for (let done = 0; done < length; done += copyBytes) yield { offset: offset + done, length: Math.min(copyBytes, length - done) };
}
