/**
 * The replicas and engines that run in this instance manager.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  EngineInstance,
  EngineRequest,
  Instance,
  InstanceGone,
  ReplicaDeletion,
  ReplicaInstance,
  ReplicaRequest,
} from '../instance-api.ts';
import { type Device, makeDevice } from './device.ts';
import { Engine } from './engine.ts';
import type { Faults } from './faults.ts';
import type { Content } from './fuse-file.ts';
import { ReplicaData } from './replica-data.ts';
import { ReplicaServer } from './replica-server.ts';

export interface InstancesOptions {
  /** The own address, as engines of other nodes reach it. */
  readonly host: string;
  readonly nodeName: string;
  /** Where the node's root file system is seen from here. */
  readonly hostRoot: string;
  readonly faults: Faults;
  /** Makes an engine's block device; another one in tests. */
  readonly makeDevice?: (volume: string, content: Content, hostRoot: string) => Promise<Device>;
}

export class UnknownInstance extends Error {}

interface RunningReplica {
  readonly volume: string;
  readonly directory: string;
  readonly server: ReplicaServer;
}

interface RunningEngine {
  readonly engine: Engine;
  readonly device: Device;
}

export class Instances {
  readonly #options: InstancesOptions;
  readonly #replicas = new Map<string, RunningReplica>();
  readonly #engines = new Map<string, RunningEngine>();
  /** Changes of one instance come one after another. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  async list(): Promise<Instance[]> {
    const replicas = await Promise.all([...this.#replicas].map(([name, replica]) => this.#replicaInstance(name, replica)));
    return [...replicas, ...[...this.#engines].map(([name, running]) => engineInstance(name, running))];
  }

  putReplica(name: string, request: ReplicaRequest): Promise<ReplicaInstance> {
    return this.#inTurn(name, async () => {
      const running = this.#replicas.get(name) ?? (await this.#startReplica(name, request));
      if (request.size !== running.server.data.meta.Size) await running.server.data.expand(request.size);
      return this.#replicaInstance(name, running);
    });
  }

  deleteReplica(name: string, deletion: ReplicaDeletion): Promise<InstanceGone> {
    return this.#inTurn(name, async () => {
      const running = this.#replicas.get(name);
      this.#replicas.delete(name);
      await running?.server.stop();
      const directory = running?.directory ?? deletion.directory;
      if (deletion.data === 'delete' && directory !== undefined)
        await rm(join(this.#options.hostRoot, directory), { recursive: true, force: true });
      return gone(name);
    });
  }

  putEngine(name: string, request: EngineRequest): Promise<EngineInstance> {
    return this.#inTurn(name, async () => engineInstance(name, this.#engines.get(name) ?? (await this.#startEngine(name, request))));
  }

  deleteEngine(name: string): Promise<InstanceGone> {
    return this.#inTurn(name, async () => {
      const running = this.#engines.get(name);
      this.#engines.delete(name);
      await running?.device.remove();
      await running?.engine.close();
      return gone(name);
    });
  }

  addReplica(name: string, replica: string, address: string): Promise<EngineInstance> {
    return this.#changeEngine(name, ({ engine }) => engine.rebuild({ name: replica, address }));
  }

  removeReplica(name: string, replica: string): Promise<EngineInstance> {
    return this.#changeEngine(name, async ({ engine }) => engine.remove(replica));
  }

  resizeEngine(name: string, size: number): Promise<EngineInstance> {
    return this.#changeEngine(name, async ({ engine, device }) => {
      await engine.expand(size);
      await device.resize();
    });
  }

  /** Everything ends in order: engines before the replicas that they use. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.#engines.keys()].map((name) => this.deleteEngine(name)));
    await Promise.allSettled([...this.#replicas.keys()].map((name) => this.deleteReplica(name, { data: 'keep' })));
  }

  async #startReplica(name: string, { volume, size, directory }: ReplicaRequest): Promise<RunningReplica> {
    const { faults, hostRoot, nodeName } = this.#options;
    const data = await ReplicaData.open(join(hostRoot, directory), size);
    const server = await ReplicaServer.start(data, () => ({
      loseWrites: faults.hits('replica-loses-writes', nodeName),
      silent: faults.hits('replica-silent', nodeName),
    }));
    const running = { volume, directory, server };
    this.#replicas.set(name, running);
    return running;
  }

  async #startEngine(name: string, { volume, size, replicas }: EngineRequest): Promise<RunningEngine> {
    const { faults, host, hostRoot } = this.#options;
    const engine = await Engine.start(
      { name: volume, size, replicas },
      { host, faults: () => ({ rebuildPaused: faults.hits('rebuild-paused', volume) }) },
    );
    const make = this.#options.makeDevice ?? makeDevice;
    const device = await make(volume, engine, hostRoot).catch(async (error: unknown) => {
      await engine.close();
      throw error;
    });
    const running = { engine, device };
    this.#engines.set(name, running);
    return running;
  }

  #changeEngine(name: string, change: (running: RunningEngine) => Promise<void>): Promise<EngineInstance> {
    return this.#inTurn(name, async () => {
      const running = this.#engines.get(name);
      if (running === undefined) throw new UnknownInstance(`engine ${name} is not running here`);
      await change(running);
      return engineInstance(name, running);
    });
  }

  async #replicaInstance(name: string, { volume, directory, server }: RunningReplica): Promise<ReplicaInstance> {
    const { data, port } = server;
    const { Size, Dirty, Rebuilding, Generation } = data.meta;
    return {
      kind: 'replica',
      name,
      volume,
      state: 'running',
      error: '',
      port,
      address: `${this.#options.host}:${port}`,
      size: Size,
      actualSize: await data.actualSize(),
      directory,
      dirty: Dirty,
      revision: Generation,
      rebuilding: Rebuilding,
    };
  }

  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work);
    this.#turns.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  }
}

function engineInstance(name: string, { engine, device }: RunningEngine): EngineInstance {
  const { state, error } = device.isGone() ? { state: 'error' as const, error: 'the block device is gone' } : engine;
  return {
    kind: 'engine',
    name,
    volume: engine.volume,
    state,
    error,
    endpoint: device.endpoint,
    size: engine.size(),
    replicas: engine.replicas(),
  };
}

function gone(name: string): InstanceGone {
  return { name, state: 'stopped' };
}
