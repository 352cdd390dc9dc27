import {
  type EngineInstance,
  type EngineReplicaRequest,
  type EngineRequest,
  type EngineSizeRequest,
  type Instance,
  type InstanceList,
  instanceManagerPort,
  type InstanceProblem,
  type ReplicaInstance,
  type ReplicaRequest,
} from '../instance-manager-api.ts';

/** An engine opens replicas over the network, and gives one that does not answer 8 s; three of them may hang. */
const answerTimeoutMs = 30_000;

/** The instance manager's refusal of a request: its HTTP status and its words. */
export class InstanceRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'InstanceRefusal';
    this.status = status;
  }
}

/** Calls the instance manager at a pod's address. Throws InstanceRefusal, or what fetch throws when it cannot be reached. */
export class InstanceManagerClient {
  readonly #base: string;

  constructor(ip: string) {
    this.#base = `http://${ip}:${instanceManagerPort}/v1`;
  }

  async instances(): Promise<readonly Instance[]> {
    return ((await this.#call('GET', '/instances', undefined, 5000)) as InstanceList).instances;
  }

  async startReplica(name: string, request: ReplicaRequest): Promise<ReplicaInstance> {
    return (await this.#call('PUT', `/replicas/${name}`, request)) as ReplicaInstance;
  }

  async stopReplica(name: string): Promise<void> {
    await this.#call('DELETE', `/replicas/${name}?data=keep`);
  }

  async deleteReplica(name: string, directory: string): Promise<void> {
    await this.#call('DELETE', `/replicas/${name}?data=delete&directory=${encodeURIComponent(directory)}`);
  }

  async startEngine(name: string, request: EngineRequest): Promise<EngineInstance> {
    return (await this.#call('PUT', `/engines/${name}`, request)) as EngineInstance;
  }

  async stopEngine(name: string): Promise<void> {
    await this.#call('DELETE', `/engines/${name}`);
  }

  async addReplica(engine: string, replica: string, address: string): Promise<EngineInstance> {
    const request: EngineReplicaRequest = { address, rebuild: true };
    return (await this.#call('PUT', `/engines/${engine}/replicas/${replica}`, request)) as EngineInstance;
  }

  async removeReplica(engine: string, replica: string): Promise<void> {
    await this.#call('DELETE', `/engines/${engine}/replicas/${replica}`);
  }

  async resizeEngine(engine: string, size: number): Promise<EngineInstance> {
    const request: EngineSizeRequest = { size };
    return (await this.#call('PUT', `/engines/${engine}/size`, request)) as EngineInstance;
  }

  async #call(method: string, path: string, body?: unknown, timeoutMs = answerTimeoutMs): Promise<unknown> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new InstanceRefusal(response.status, (answer as InstanceProblem).error);
    return answer;
  }
}
