import { describe, expect, it } from 'vitest';
import { replicasWithout } from './lost-worker.ts';

describe('replicas without a lost worker', () => {
  it.each([
    ['replaced', 2, 3],
    ['replaced', 3, 3],
    ['awaited', 2, 2],
    ['awaited', 3, 3],
    ['awaited', 4, 3],
  ] as const)('%s, with %i workers left: %i', (promise, workers, expected) => {
    expect(replicasWithout(promise, { replicas: 3, workers })).toBe(expected);
  });
});
