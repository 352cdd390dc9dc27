import { describe, expect, it } from 'vitest';
import { objectsOf } from './manifest.ts';

describe('a manifest', () => {
  it('is its documents, with values put in', () => {
    expect(objectsOf('kind: A\nmetadata: {name: "${NAME}"}\n---\nkind: B\n', { NAME: 'one' })).toEqual([
      { kind: 'A', metadata: { name: 'one' } },
      { kind: 'B' },
    ]);
  });

  it('with a placeholder that has no value is refused', () => {
    expect(() => objectsOf('kind: "${KIND}"', {})).toThrow('asks for ${KIND}, which has no value');
  });

  it('without a place for a value is refused', () => {
    expect(() => objectsOf('kind: A', { NAMESPACE: 'x' })).toThrow('has no place for NAMESPACE');
  });
});
