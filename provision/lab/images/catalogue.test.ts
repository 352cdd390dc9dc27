import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { upstreams } from '../components/catalogue.ts';
import { type Source, images as ofEveryLab, imagesOfMirrors, optionImages } from './catalogue.ts';

const images = [...ofEveryLab, ...imagesOfMirrors, ...optionImages.map(({ image }) => image)];

/** The sources of one kind, over all images. */
function sourcesOf<K extends Source['kind']>(kind: K): Extract<Source, { kind: K }>[] {
  const sources = images.flatMap((image) => image.files.map(({ from }) => from));
  return sources.filter((source): source is Extract<Source, { kind: K }> => source.kind === kind);
}

describe('image catalogue', () => {
  it('gives every reference to one image', () => {
    const references = images.flatMap((image) => image.references);
    expect(new Set(references).size).toBe(references.length);
  });

  it('spells references as containerd keeps them: registry, path, tag', () => {
    for (const reference of images.flatMap((image) => image.references)) {
      expect(reference).toMatch(/^[a-z0-9.]+\.[a-z]+\/[a-z0-9-]+(\/[a-z0-9-]+)*:[A-Za-z0-9._-]+$/);
    }
  });

  it('takes programs only from the component catalogue', () => {
    const known = upstreams.flatMap(({ binaries }) => binaries.map(({ name }) => name));
    const wanted = sourcesOf('binary').map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining(wanted));
  });

  it('takes module files only from under paths that the component catalogue keeps', () => {
    for (const source of sourcesOf('upstream')) {
      const kept = upstreams.find(({ name }) => name === source.upstream)?.files ?? [];
      expect(
        kept.some((path) => source.path === path || source.path.startsWith(`${path}/`)),
        source.path,
      ).toBe(true);
    }
  });

  it('has its own files beside it', () => {
    for (const source of sourcesOf('own')) {
      expect(existsSync(join(import.meta.dirname, source.path)), source.path).toBe(true);
    }
  });

  it('puts nothing through a link of the tools layer, which would replace the link by a folder', () => {
    for (const image of images.filter(({ tools }) => tools)) {
      const paths = [...image.files.map(({ to }) => to), ...(image.folders ?? []).map(({ path }) => path)];
      expect(
        paths.filter((path) => /^\/(bin|sbin|lib|lib64)\//.test(path)),
        image.references[0],
      ).toEqual([]);
    }
  });

  it('says of every equivalent that it is one', () => {
    for (const name of ['pause', 'busybox', 'nginx', 'static-debian12', 'podinfo']) {
      const found = images.filter(({ references }) => references[0]?.includes(`/${name}:`));
      expect(found.length).toBeGreaterThan(0);
      for (const { labels } of found) expect(labels?.['org.opencontainers.image.description']).toContain('equivalent');
    }
  });
});
