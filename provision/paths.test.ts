import { afterEach, describe, expect, it, vi } from 'vitest';
import { cacheFolder, stateFolder } from './paths.ts';

describe('folders of this product', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    { own: '/a', xdg: '/b', home: '/h', cache: '/a', state: '/a' },
    { own: '', xdg: '/b', home: '/h', cache: '/b/conform', state: '/b/conform' },
    { own: '', xdg: '', home: '/h', cache: '/h/.cache/conform', state: '/h/.local/state/conform' },
  ])('are $cache and $state', ({ own, xdg, home, cache, state }) => {
    for (const name of ['CONFORM_CACHE', 'CONFORM_STATE']) vi.stubEnv(name, own);
    for (const name of ['XDG_CACHE_HOME', 'XDG_STATE_HOME']) vi.stubEnv(name, xdg);
    vi.stubEnv('HOME', home);
    expect([cacheFolder(), stateFolder()]).toEqual([cache, state]);
  });
});
