import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import type { Phase, Provider } from '../provision/provider.ts';
import { onOwnCluster } from './own-cluster.ts';
import { rehearse } from './rehearse.ts';
import type { RunConsole } from './run-console.ts';

const descriptor: ClusterDescriptor = {
  schemaVersion: 1,
  provider: 'fake',
  name: 'x',
  profile: 'corrected',
  kubeconfig: '/nowhere',
  capabilities: {},
  vantages: [],
  runner: [],
  probe: '/agnhost',
  steps: [],
  diagnosis: [],
};
const phase: Phase = async (_, run) => run({ signal: new AbortController().signal, say: () => undefined });
const console: RunConsole = { phase, lastPhase: phase, warn: () => undefined, print: () => undefined, colour: false };
const taken = new Problem(exitCode.usage, { expected: 'no cluster x', saw: 'it is there', next: 'another --name' });

/** Our own interface: clusters by name, of which one is somebody else's. */
class FakeProvider implements Pick<Provider, 'up' | 'down'> {
  readonly clusters = new Map([['x', 'somebody else']]);
  /** What hinders the next `up`, after it has made its cluster and removed it again. */
  fault: Error | undefined;

  up: Provider['up'] = async ({ name, life }) => {
    if (life === 'tied' && this.clusters.has(name)) throw taken;
    if (this.fault !== undefined) throw this.fault;
    this.clusters.set(name, 'this run');
    return { ...descriptor, name };
  };

  down: Provider['down'] = async (name, _, which) => {
    if (which?.onlyOwn && this.clusters.get(name) !== 'this run') return 'nothing';
    return this.clusters.delete(name) ? 'removed' : 'nothing';
  };
}

let state: string;
let provider: FakeProvider;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'conform-own-cluster-'));
  vi.stubEnv('CONFORM_STATE', state);
});
beforeEach(() => {
  provider = new FakeProvider();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true });
});

describe('a rehearsal', () => {
  const options = { profile: 'corrected' as const, report: '', deadline: 1, with: [] };

  it('refuses a name that is taken, and leaves that cluster as it is', async () => {
    const ending = rehearse(provider, { ...options, name: 'x', report: join(state, 'report') }, console);
    await expect(ending).rejects.toMatchObject({ code: exitCode.usage });
    expect(provider.clusters.get('x')).toBe('somebody else');
  });

  it('makes no cluster when its report cannot be written', async () => {
    const ending = rehearse(provider, { ...options, name: 'mine', report: '/proc/conform/report' }, console);
    await expect(ending).rejects.toMatchObject({
      code: exitCode.usage,
      text: { expected: expect.stringContaining('/proc/conform/report') },
    });
    expect(provider.clusters.has('mine')).toBe(false);
  });
});

describe('a cluster of its own', () => {
  const mine = { name: 'mine', profile: 'corrected', with: [] } as const;

  it('is there for the task, and gone after it', async () => {
    const seen = await onOwnCluster(provider, mine, console, async ({ name }) => provider.clusters.get(name));
    expect([seen, provider.clusters.has('mine')]).toEqual(['this run', false]);
  });

  it('is gone after a task that failed, with its error', async () => {
    const failing = onOwnCluster(provider, mine, console, async () => Promise.reject(new Error('lost')));
    await expect(failing).rejects.toThrow('lost');
    expect(provider.clusters.has('mine')).toBe(false);
  });

  it('is not removed when it could not be made: the provider has done that', async () => {
    provider.fault = new Error('no machine');
    const down = vi.spyOn(provider, 'down');
    await expect(onOwnCluster(provider, mine, console, async () => undefined)).rejects.toThrow('no machine');
    expect(down).not.toHaveBeenCalled();
  });

  it('that somebody replaced in the meantime is not removed', async () => {
    await onOwnCluster(provider, mine, console, async () => provider.clusters.set('mine', 'somebody else'));
    expect(provider.clusters.get('mine')).toBe('somebody else');
  });
});
