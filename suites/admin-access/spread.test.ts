import fc from 'fast-check';
import { expect, it } from 'vitest';
import { spreadOver } from './spread.ts';

const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 });

it('every namespace and every node has a pod', () => {
  fc.assert(
    fc.property(names, names, (namespaces, nodes) => {
      const spots = spreadOver(namespaces, nodes);
      expect(new Set(spots.map(({ namespace }) => namespace))).toEqual(new Set(namespaces));
      expect(new Set(spots.map(({ node }) => node))).toEqual(new Set(nodes));
      expect(spots).toHaveLength(Math.max(namespaces.length, nodes.length));
    }),
  );
});

it('nothing is spread over nothing', () => {
  expect(spreadOver(['canine'], [])).toEqual([]);
});
