import { isDeepStrictEqual } from 'node:util';
import type { Cache } from './cache.ts';
import type { Cluster } from './cluster.ts';
import type { KubeObject } from './kubernetes.ts';

/** Fields that the server sets itself, left out when two objects are compared. */
function comparable(object: KubeObject): unknown {
  const { metadata, status: _status, ...rest } = object as KubeObject & { status?: unknown };
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return { rest, labels, annotations, finalizers, ownerReferences };
}

function statusOf(object: KubeObject): unknown {
  return (object as KubeObject & { status?: unknown }).status;
}

/** Creates an object together with its status, which the API server takes in a request of its own only. */
export async function createObject<T extends KubeObject>(cluster: Cluster, cache: Cache<T>, object: T): Promise<T> {
  const created = await cluster.client.create(cache.path, object);
  const status = statusOf(object);
  const complete =
    status === undefined ? created : await cluster.client.replace(`${cache.path}/${object.metadata.name}/status`, { ...created, status });
  cache.learn(complete);
  return complete;
}

/**
 * Writes what differs between two states of an object: status first, then everything else. Throws a conflict when
 * somebody else has changed it since `before` was read.
 */
export async function updateObject<T extends KubeObject>(cluster: Cluster, cache: Cache<T>, before: T, after: T): Promise<T> {
  let current = before;
  const path = `${cache.path}/${before.metadata.name}`;
  if (!isDeepStrictEqual(statusOf(before), statusOf(after))) {
    current = await cluster.client.replace(`${path}/status`, { ...current, status: statusOf(after) });
    cache.learn(current);
  }
  if (!isDeepStrictEqual(comparable(before), comparable(after))) {
    const metadata = { ...after.metadata, resourceVersion: current.metadata.resourceVersion };
    current = await cluster.client.replace(path, { ...after, metadata });
    cache.learn(current);
  }
  return current;
}

export async function removeObject<T extends KubeObject>(cluster: Cluster, cache: Cache<T>, name: string): Promise<void> {
  await cluster.client.remove(`${cache.path}/${name}`);
}
