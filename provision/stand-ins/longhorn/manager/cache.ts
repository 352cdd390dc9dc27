import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject, KubernetesClient, ListAnswer } from './kubernetes.ts';

/** Pause before a collection is listed again after its watch has failed. */
const relistPauseMs = 1000;
/** Far more than can be deleted while an answer is on its way. */
const mostGone = 1000;

/**
 * The objects of one collection, kept up to date by list and watch. What the process itself has written is put in by
 * `learn`, so that a reconciliation right after a write does not see the state before it.
 */
export class Cache<T extends KubeObject> {
  readonly path: string;
  readonly #client: KubernetesClient;
  readonly #changed: () => void;
  readonly #objects = new Map<string, T>();
  /** What was deleted, by UID, the oldest first. */
  readonly #gone = new Set<string>();
  #listed: (() => void) | undefined;
  readonly ready: Promise<void>;

  constructor(client: KubernetesClient, path: string, changed: () => void) {
    this.#client = client;
    this.path = path;
    this.#changed = changed;
    this.ready = new Promise((resolve) => {
      this.#listed = resolve;
    });
  }

  all(): T[] {
    return [...this.#objects.values()];
  }

  /** The object of that name; `namespace` only for collections over all namespaces. */
  get(name: string, namespace?: string): T | undefined {
    return this.#objects.get(namespace === undefined ? name : `${namespace}/${name}`);
  }

  /**
   * Takes an object that the API server has just answered with, unless the cache has a newer one, or knows that it is gone: the
   * answer to the write that took the last finalizer may come after the watch has told of the deletion.
   */
  learn(object: T): void {
    if (object.metadata.uid !== undefined && this.#gone.has(object.metadata.uid)) return;
    const key = this.#key(object);
    const known = this.#objects.get(key);
    if (known !== undefined && versionOf(known) >= versionOf(object)) return;
    this.#objects.set(key, withoutHistory(object));
    this.#changed();
  }

  /** Lists and watches until the signal; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#listAndWatch(signal);
      } catch (error) {
        if (signal.aborted) return;
        process.stderr.write(`longhorn-manager: watch of ${this.path}: ${String(error)}\n`);
        await delay(relistPauseMs);
      }
    }
  }

  async #listAndWatch(signal: AbortSignal): Promise<void> {
    const list = await this.#client.get<ListAnswer<T>>(this.path);
    this.#replaceAll(list.items);
    let version = list.metadata.resourceVersion;
    this.#listed?.();
    for (;;) {
      const before = version;
      for await (const event of this.#client.watch<T>(this.path, version, signal)) {
        if (event.type === 'ERROR') return;
        version = event.object.metadata.resourceVersion ?? version;
        this.#take(event.type, event.object);
      }
      if (version === before) await delay(100);
    }
  }

  #take(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: T): void {
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') {
      this.#objects.delete(this.#key(object));
      if (object.metadata.uid !== undefined) this.#remember(object.metadata.uid);
      this.#changed();
      return;
    }
    this.learn(object);
  }

  #remember(uid: string): void {
    this.#gone.add(uid);
    const [oldest] = this.#gone;
    if (this.#gone.size > mostGone && oldest !== undefined) this.#gone.delete(oldest);
  }

  #replaceAll(items: readonly T[]): void {
    this.#objects.clear();
    for (const item of items) this.#objects.set(this.#key(item), withoutHistory(item));
    this.#changed();
  }

  #key(object: T): string {
    const { name, namespace } = object.metadata;
    return this.path.includes('/namespaces/') || namespace === undefined ? name : `${namespace}/${name}`;
  }
}

/** Drops who set which field when: nobody reads it here, and it is half of an object's size. A replacement without it keeps it. */
function withoutHistory<T extends KubeObject>(object: T): T {
  delete (object.metadata as { managedFields?: unknown }).managedFields;
  return object;
}

function versionOf(object: KubeObject): bigint {
  return BigInt(object.metadata.resourceVersion ?? '0');
}
