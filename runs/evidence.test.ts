import { describe, expect, it } from 'vitest';
import type { LastRun, Remembered } from './memory.ts';
import { evidenceOf } from './evidence.ts';

const seen = (rest: Partial<Remembered> = {}): Remembered => ({
  runId: 'r',
  at: '2026-11-24T10:00:00Z',
  profile: 'as-written',
  verdict: 'broken',
  text: 'saw it',
  errata: ['E19'],
  ...rest,
});
const run = (cluster: string, results: LastRun['results'], failedSteps: LastRun['failedSteps'] = []): LastRun => ({
  schemaVersion: 2,
  cluster,
  failedSteps,
  results,
});

describe('the evidence of an erratum', () => {
  it('is what it explained on a cluster as written', () => {
    const { verdicts } = evidenceOf('E19', [
      run('lab', { 'A-ONE': seen(), 'A-TWO': seen({ errata: ['E20'] }), 'A-THREE': seen({ profile: 'corrected' }) }),
    ]);
    expect(verdicts.map(({ requirement, cluster }) => [requirement, cluster])).toEqual([['A-ONE', 'lab']]);
  });

  it('is of each requirement the newest', () => {
    const { verdicts } = evidenceOf('E19', [
      run('old', { 'A-ONE': seen({ text: 'before' }) }),
      run('new', { 'A-ONE': seen({ at: '2026-11-24T11:00:00Z', text: 'after' }) }),
    ]);
    expect(verdicts.map(({ text }) => text)).toEqual(['after']);
  });

  it('names a step that failed by it once', () => {
    const step = { title: 'Pools', erratum: 'E19', detail: 'denied' };
    expect(evidenceOf('E19', [run('a', {}, [step]), run('b', {}, [step])]).failedSteps).toEqual([step]);
  });

  it('is empty when nothing ran', () => {
    expect(evidenceOf('E19', [])).toEqual({ verdicts: [], failedSteps: [] });
  });
});
