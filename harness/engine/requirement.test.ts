import { describe, expect, it } from 'vitest';
import { type DocumentedCluster, documentedCluster } from '../../guide/cluster.ts';
import { promiseText, requirementsOf } from './requirement.ts';

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

describe('a promise', () => {
  it('is a sentence of its own', () => {
    expect(promiseText('It holds.', documentedCluster('corrected'))).toBe('It holds.');
  });

  it('tells the nodes of the cluster that it is about', () => {
    const promise = ({ nodes }: DocumentedCluster): string => `All ${nodes.length} nodes are there.`;
    expect(promiseText(promise, documentedCluster('as-written'))).toBe('All 5 nodes are there.');
    expect(promiseText(promise, documentedCluster('corrected'))).toBe('All 6 nodes are there.');
  });
});
