import { describe, expect, it } from 'vitest';
import { profiles } from '../../guide/cluster.ts';
import { labCapabilities } from './capabilities.ts';
import { pinnedRelease } from './components/pins.ts';

describe.each(profiles)("the lab's capabilities, %s", (profile) => {
  it.each(['kubernetes', 'calico', 'metallb', 'metrics-server', 'opencost'])('have for %s the version of its pin', async (name) => {
    expect((await labCapabilities(profile))[name]).toEqual({ kind: 'real', version: await pinnedRelease(name) });
  });

  it('know all versions', async () => {
    expect(JSON.stringify(await labCapabilities(profile))).not.toContain('unknown');
  });

  it('say which release of Calico the guide has instead', async () => {
    expect((await labCapabilities(profile))['calico-release']).toEqual({
      kind: 'absent',
      reason: 'the lab is built with v3.28.5, the newest release whose modules can be had; the guide installs v3.30.5',
    });
  });
});
