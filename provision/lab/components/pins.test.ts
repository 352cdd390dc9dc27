import { describe, expect, it } from 'vitest';
import type { Upstream } from './catalogue.ts';
import { upstreamKey } from './pins.ts';

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
