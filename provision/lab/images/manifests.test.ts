import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { images, standInImages } from './catalogue.ts';

const manifests = join(import.meta.dirname, '../../steps/manifests');

/** Longhorn takes them only on use, and the lab never uses them. */
const never = ['docker.io/longhornio/backing-image-manager:v1.10.1', 'docker.io/longhornio/support-bundle-kit:v0.0.71'];

it("has every image of Longhorn's manifests, those that its manager and driver deployer are told of included", async () => {
  const paths = await Array.fromAsync(glob('longhorn/*.yaml', { cwd: manifests }));
  const texts = await Promise.all(paths.map((path) => readFile(join(manifests, path), 'utf8')));
  const wanted = new Set(texts.join('\n').match(/docker\.io\/longhornio\/[a-z-]+:[A-Za-z0-9._-]+/g));
  const made = [...images, ...standInImages].flatMap(({ references }) => references);
  expect(wanted.size).toBeGreaterThan(never.length);
  expect([...wanted].filter((image) => !made.includes(image) && !never.includes(image))).toEqual([]);
});
