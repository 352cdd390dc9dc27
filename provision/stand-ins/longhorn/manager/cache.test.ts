import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Cache } from './cache.ts';
import type { KubeObject, KubernetesClient } from './kubernetes.ts';

const replica = (uid: string, resourceVersion: string): KubeObject => ({
  metadata: { name: 'r-1', namespace: 'longhorn-system', uid, resourceVersion },
});

/** Lists one object, tells of its deletion, and then is silent. */
const client = {
  get: async () => ({ metadata: { resourceVersion: '1' }, items: [replica('first', '1')] }),
  watch: async function* watch(_path: string, _version: string, signal: AbortSignal) {
    yield { type: 'DELETED', object: replica('first', '3') };
    await once(signal, 'abort');
    throw new Error('the watch was ended');
  },
} as unknown as KubernetesClient;

describe('what the API server answers after the watch has told of a deletion', () => {
  it.each([
    { what: 'brings no deleted object back', answer: replica('first', '2'), known: [] },
    { what: 'may be of a new object of the same name', answer: replica('second', '4'), known: ['second'] },
  ])('$what', async ({ answer, known }) => {
    const ended = new AbortController();
    const { promise: emptied, resolve } = Promise.withResolvers<void>();
    const cache: Cache<KubeObject> = new Cache(client, '/apis/longhorn.io/v1beta2/namespaces/longhorn-system/replicas', () => {
      if (cache.all().length === 0) resolve();
    });
    const running = cache.run(ended.signal);
    await emptied;
    cache.learn(answer);
    expect(cache.all().map(({ metadata }) => metadata.uid)).toEqual(known);
    ended.abort();
    await running;
  });
});
