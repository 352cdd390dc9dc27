import { describe, expect, it } from 'vitest';
import type { Upstream } from './catalogue.ts';
import { pinnedRelease, releaseIn, upstreamKey } from './pins.ts';

describe('upstreamKey', () => {
  const pins = { goMod: 'module a\n', goSum: 'b v1 h1:x\n' };
  const upstream: Upstream = {
    name: 'a',
    module: { path: 'b', version: 'v1' },
    release: 'v1',
    binaries: [{ name: 'p', package: 'b/p' }],
    tags: [],
    files: [],
  };
  const key = upstreamKey(upstream, pins);

  it('is 16 hex digits, always the same for the same input', () => {
    expect(key).toMatch(/^[0-9a-f]{16}$/);
    expect(upstreamKey({ ...upstream }, { ...pins })).toBe(key);
  });

  it.each([
    ['go.mod', upstream, { ...pins, goMod: 'module a // changed\n' }],
    ['go.sum', upstream, { ...pins, goSum: '' }],
    ['the programs', { ...upstream, binaries: [{ name: 'q', package: 'b/p' }] }, pins],
    ['a version stamp', { ...upstream, binaries: [{ name: 'p', package: 'b/p', stamps: { 'main.V': '1' } }] }, pins],
    ['the tags', { ...upstream, tags: ['t'] }, pins],
    ['the files', { ...upstream, files: ['f'] }, pins],
  ] satisfies [string, Upstream, typeof pins][])('changes with %s', (_what, changed, changedPins) => {
    expect(upstreamKey(changed, changedPins)).not.toBe(key);
  });
});

describe('the release that is pinned', () => {
  const calico = { module: { path: 'github.com/projectcalico/calico', version: 'v1.11.0-0.2025' }, release: 'v3.28.5' };

  it.each([
    ['a line of its own', 'module a\n\nrequire github.com/projectcalico/calico v1.11.0-0.2025\n'],
    ['a block', 'module a\n\nrequire (\n\tgithub.com/projectcalico/calico v1.11.0-0.2025 // indirect\n)\n'],
  ])('is read from %s of go.mod', (_, goMod) => {
    expect(releaseIn(goMod, calico)).toBe('v3.28.5');
  });

  it.each([
    ['pins other code', 'require github.com/projectcalico/calico v1.12.0\n'],
    ['pins it not at all', 'module a\n'],
    ['has it among its tools only', 'tool github.com/projectcalico/calico/node\n'],
  ])('is unknown where go.mod %s', (_, goMod) => {
    expect(releaseIn(goMod, calico)).toBe('unknown');
  });

  it('of an upstream that the lab does not build is unknown', async () => {
    expect(await pinnedRelease('cilium')).toBe('unknown');
  });
});
