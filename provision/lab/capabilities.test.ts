import { describe, expect, it } from 'vitest';
import { profiles } from '../../guide/cluster.ts';
import { labCapabilities } from './capabilities.ts';
import { optionNames } from '../options.ts';
import { pinnedRelease } from './components/pins.ts';

describe.each(profiles)("the lab's capabilities, %s", (profile) => {
  it.each(['kubernetes', 'calico', 'metallb', 'metrics-server', 'opencost'])('have for %s the version of its pin', async (name) => {
    expect((await labCapabilities(profile, []))[name]).toEqual({ kind: 'real', version: await pinnedRelease(name) });
  });

  it('know all versions', async () => {
    expect(JSON.stringify(await labCapabilities(profile, optionNames))).not.toContain('unknown');
  });

  it('of an option are absent in a lab without it, and say how to have them', async () => {
    expect((await labCapabilities(profile, []))['dedicated-worker']).toEqual({
      kind: 'absent',
      reason: 'OPT-7 is not installed: `conform up --with opt-7`',
    });
  });

  it('of an option are there in a lab with it, and the others stay absent', async () => {
    const { 'dedicated-worker': worker, 'cert-manager': certManager } = await labCapabilities(profile, ['opt-7']);
    expect([worker?.kind, certManager?.kind]).toEqual(['real', 'absent']);
  });

  it('say which release of Calico the guide has instead', async () => {
    expect((await labCapabilities(profile, []))['calico-release']).toEqual({
      kind: 'absent',
      reason: 'the lab is built with v3.28.5, the newest release whose modules can be had; the guide installs v3.30.5',
    });
  });
});
