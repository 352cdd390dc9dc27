import { describe, expect, it } from 'vitest';
import { capabilityNames, requirementsOf } from './requirement.ts';

const row = {
  promise: 'It holds.',
  guide: ['Summary'],
  severity: 'major',
  kind: 'static',
  needs: ['kubernetes'],
  fault: 'Break it.',
} as const;

describe('a row of the register', () => {
  it('gets its key as ID and the suite that it belongs to', () => {
    expect(requirementsOf('nodes', { 'NODE-A': row })['NODE-A']).toEqual({ ...row, id: 'NODE-A', suite: 'nodes' });
  });

  it('keeps what becomes of it as written', () => {
    const asWritten = { verdict: 'broken', errata: ['E01'] } as const;
    expect(requirementsOf('nodes', { 'NODE-A': { ...row, asWritten } })['NODE-A'].asWritten).toEqual(asWritten);
  });

  it('stays in its place among the rows', () => {
    expect(Object.keys(requirementsOf('nodes', { 'NODE-B': row, 'NODE-A': row, 'NODE-C': row }))).toEqual(['NODE-B', 'NODE-A', 'NODE-C']);
  });
});

it('no capability is named twice', () => {
  expect(new Set(capabilityNames).size).toBe(capabilityNames.length);
});
