import { expect, it } from 'vitest';
import { byPlace } from './places.ts';
import type { Place } from './vantages.ts';

it('groups by place, each in its order', () => {
  const items: { from: Place; name: string }[] = [
    { from: { host: 'lan' }, name: 'a' },
    { from: { namespace: 'n', pod: 'p' }, name: 'b' },
    { from: { host: 'lan' }, name: 'c' },
  ];
  const groups = byPlace(items, ({ from }) => from).map((group) => ({ ...group, items: group.items.map(({ name }) => name) }));
  expect(groups).toEqual([
    { place: { host: 'lan' }, items: ['a', 'c'] },
    { place: { namespace: 'n', pod: 'p' }, items: ['b'] },
  ]);
});
