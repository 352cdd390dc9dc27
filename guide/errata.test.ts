import { describe, expect, it } from 'vitest';
import { type Erratum, errata, erratum } from './errata.ts';

describe('the errata', () => {
  it('are E01 to E100, each once, in order', () => {
    expect(errata.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => `E${String(index + 1).padStart(2, '0')}`));
  });

  it.each(['section', 'does', 'happens', 'correction'] as const satisfies (keyof Erratum)[])('all say their %s', (field) => {
    expect(errata.filter((each) => each[field].trim() === '').map(({ id }) => id)).toEqual([]);
  });

  it('name only errata that exist where they point to another', () => {
    const named = errata.flatMap(
      ({ section, does, happens, correction }) => [section, does, happens, correction].join(' ').match(/\bE\d{2,3}\b/g) ?? [],
    );
    const known = new Set(errata.map(({ id }) => id));
    expect(named.filter((id) => !known.has(id))).toEqual([]);
  });
});

describe('erratum', () => {
  it('is found by its ID', () => {
    expect(erratum('E23').id).toBe('E23');
  });

  it.each(['E101', 'E00', 'e01', ''])('%j is an error of the register', (id) => {
    expect(() => erratum(id)).toThrow(`there is no erratum ${id}`);
  });
});
