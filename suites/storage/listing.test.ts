import { describe, expect, it } from 'vitest';
import { listingDiffers } from './listing.ts';

const look = (listed: string[], before: string[], after: string[]): { saw: string; held: boolean } => {
  const { saw, held } = listingDiffers('a listing', { listed, before, after, vantage: 'somewhere' });
  return { saw, held };
};

describe('a listing', () => {
  it.each([
    { what: 'has all that was there the whole time', listed: ['a', 'b'], before: ['a', 'b'], after: ['a', 'b'] },
    { what: 'may have what came meanwhile', listed: ['a', 'b'], before: ['a'], after: ['a', 'b'] },
    { what: 'may lack what went meanwhile', listed: ['a'], before: ['a', 'b'], after: ['a'] },
    { what: 'is empty where there is nothing', listed: [], before: [], after: [] },
  ])('holds: $what', ({ listed, before, after }) => {
    expect(look(listed, before, after)).toEqual({ saw: 'all that there is, and nothing else', held: true });
  });

  it.each([
    { what: 'lacks what was there', listed: ['a'], before: ['a', 'b'], after: ['a', 'b'], saw: 'lacks b' },
    { what: 'has what never was', listed: ['a', 'c'], before: ['a'], after: ['a'], saw: 'has c' },
    { what: 'is an error', listed: ['exit code 1'], before: ['a'], after: ['a'], saw: 'lacks a, has exit code 1' },
  ])('differs: $what', ({ listed, before, after, saw }) => {
    expect(look(listed, before, after)).toEqual({ saw, held: false });
  });
});
