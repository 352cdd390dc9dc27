import { describe, expect, it } from 'vitest';
import { buildFlags, upstreams } from './catalogue.ts';
import { readPins } from './pins.ts';

/**
 * A tool line would pull the modules of every service discovery that the tags leave out into go.mod: 278 more lines of
 * go.sum and as many downloads.
 */
const withoutToolLines = ['prometheus'];

describe('component catalogue', () => {
  it('names every program once', () => {
    const names = upstreams.flatMap(({ binaries }) => binaries.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(upstreams)('$name is pinned at the version that the catalogue states', async (upstream) => {
    const { goMod } = await readPins(upstream);
    expect(goMod).toContain(`${upstream.module.path} ${upstream.module.version}`);
  });

  it.each(upstreams.filter(({ name }) => !withoutToolLines.includes(name)))(
    '$name: go.mod lists the programs as its tools',
    async (upstream) => {
      const { goMod } = await readPins(upstream);
      const block = /^tool \(([^)]*)\)/m.exec(goMod)?.[1]?.trim().split(/\s+/) ?? [];
      const lines = [...goMod.matchAll(/^tool ([^\s(]+)/gm)].map(([, tool]) => tool);
      expect([...block, ...lines]).toEqual(upstream.binaries.map((binary) => binary.package).toSorted());
    },
  );

  it('links what contains C statically', () => {
    const withC = upstreams.filter(({ cgo }) => cgo === true);
    expect(withC.map(({ name }) => name)).toEqual(['longhorn-instance-manager', 'longhorn-engine']);
    for (const upstream of withC) {
      expect(upstream.tags, upstream.name).toEqual(['netgo', 'osusergo']);
      for (const binary of upstream.binaries)
        expect(buildFlags(upstream, binary).at(-1)).toContain('-linkmode external -extldflags -static');
    }
  });

  it('passes tags and version stamps to Go', () => {
    const upstream = { name: 'x', module: { path: 'x', version: 'v1' }, release: 'v1', binaries: [], tags: ['a', 'b'], files: [] };
    expect(buildFlags(upstream, { name: 'p', package: 'x/p', stamps: { 'main.V': '1' } })).toEqual([
      '-trimpath',
      '-tags',
      'a,b',
      '-ldflags',
      '-s -w -X main.V=1',
    ]);
  });
});
