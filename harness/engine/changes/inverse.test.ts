import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inverse } from './inverse.ts';
import { merged } from './testing/object-store.ts';

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const { fields } = fc.letrec<{ fields: Fields; value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.string(), fc.array(fc.integer(), { maxLength: 2 }), tie('fields')),
  fields: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
}));

describe('the inverse of a merge patch', () => {
  it.each([
    ['puts a value back', { spec: { replicas: 1 } }, { spec: { replicas: 0 } }, { spec: { replicas: 1 } }],
    ['removes what was not there', { spec: {} }, { spec: { paused: true } }, { spec: { paused: null } }],
    ['leaves alone what the patch leaves alone', { spec: { a: 1, b: 2 } }, { spec: { a: 3 } }, { spec: { a: 1 } }],
    ['makes again what the patch removes', { spec: { a: 1 } }, { spec: { a: null } }, { spec: { a: 1 } }],
  ])('%s', (_, before, patch, expected) => {
    expect(inverse(before, patch)).toEqual(expected);
  });

  it('applied after the patch gives every value back that is not an object in place of another kind', () => {
    fc.assert(
      fc.property(fields, fields, (before, patch) => {
        fc.pre(sameShape(before, patch));
        expect(merged(merged(before, patch), inverse(before, patch))).toEqual(before);
      }),
    );
  });
});

/** A patch of an API object does not put a value where an object was, nor an object where a value was. */
function sameShape(before: unknown, patch: unknown): boolean {
  if (before === undefined) return true;
  if (isFields(before) !== isFields(patch)) return false;
  return !isFields(before) || !isFields(patch) || Object.entries(patch).every(([key, value]) => sameShape(before[key], value));
}
