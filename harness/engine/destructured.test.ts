import { describe, expect, it } from 'vitest';
import { destructuredFixtures } from './destructured.ts';

type Fixtures = Readonly<Record<string, { readonly [name: string]: unknown }>>;

describe('the fixtures of a check', () => {
  it.each<readonly [string, (...args: never[]) => unknown, readonly string[]]>([
    ['no parameter', () => undefined, []],
    ['the context alone', (context: object) => context, []],
    ['a destructured context alone', async ({ a, b }: Fixtures) => [a, b], []],
    ['two fixtures', (_: object, { tenants, matrix }: Fixtures) => [tenants, matrix], ['tenants', 'matrix']],
    ['a fixture by another name', (_: object, { tenants: both }: Fixtures) => both, ['tenants']],
    [
      'parts of a fixture',
      (_: object, { tenants: { alice, bob } = {}, neutral }: Fixtures) => [alice, bob, neutral],
      ['tenants', 'neutral'],
    ],
    ['a destructured context before', ({ a }: Fixtures, { tenants }: Fixtures) => [a, tenants], ['tenants']],
    [
      'an async function with a name',
      async function named(_: object, { tenants }: Fixtures) {
        return tenants;
      },
      ['tenants'],
    ],
  ])('with %s', (_, body, names) => {
    expect(destructuredFixtures(body)).toEqual(names);
  });

  it('cannot be taken whole', () => {
    expect(() => destructuredFixtures((_: object, fixtures: Fixtures) => fixtures)).toThrow('taken by destructuring');
  });

  it('cannot be taken by a rest', () => {
    expect(() => destructuredFixtures((_: object, { tenants, ...rest }: Fixtures) => [tenants, rest])).toThrow('named one by one');
  });
});
