import { afterEach, expect, it, vi } from 'vitest';
import { switchedBy } from './faults.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('are read at most once a second', async () => {
  const read = vi.fn<() => Promise<Record<string, string>>>(async () => ({ 'one-namespace': 'shared' }));
  const faults = switchedBy(read);
  expect(
    await Promise.all([faults.parameter('one-namespace'), faults.parameter('one-namespace'), faults.parameter('database-down')]),
  ).toEqual(['shared', 'shared', undefined]);
  expect(read).toHaveBeenCalledTimes(1);
});

it('stay as they were while they cannot be read', async () => {
  const told = vi.spyOn(console, 'error').mockReturnValue();
  const faults = switchedBy(async () => {
    throw new Error('the API server is gone');
  });
  expect(await faults.parameter('database-down')).toBeUndefined();
  expect(told).toHaveBeenCalledOnce();
});

it('do not hold up a request when the API server does not answer', async () => {
  const startedAt = performance.now();
  expect(await switchedBy(() => new Promise(() => undefined)).parameter('database-down')).toBeUndefined();
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
