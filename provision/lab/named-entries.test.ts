import { expect, it } from 'vitest';
import { areas } from './cache/areas.ts';
import { upstreams } from './components/catalogue.ts';
import { namedEntries } from './named-entries.ts';

it('names an entry of each upstream, tree, bundle and step of the images, each in an area that is pruned', async () => {
  const { slow, others } = await namedEntries();
  const all = [...slow, ...others];
  expect(all.filter((entry) => !areas.some((area) => entry.startsWith(`${area}/`)))).toEqual([]);
  expect(all.map((entry) => entry.replaceAll(/[0-9a-f]{16}/g, 'KEY')).toSorted()).toEqual(
    [
      ...upstreams.map(({ name }) => `components/${name}-KEY`),
      'rootfs/node-KEY',
      'rootfs/tools-KEY',
      'rootfs/compiler-KEY',
      'stand-ins/KEY',
      'images/KEY',
      'images/KEY-KEY',
    ].toSorted(),
  );
});
