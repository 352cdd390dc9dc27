import { describe, expect, it } from 'vitest';
import type { Requirement } from '../harness/engine/requirement.ts';
import { traceOf } from './trace.ts';

const requirement = (id: string, ...guide: [string, ...string[]]): Requirement => ({
  id,
  suite: 'nodes',
  promise: 'It is so.',
  guide,
  severity: 'minor',
  kind: 'static',
  needs: [],
  fault: 'Break it.',
});
const [one, two] = [requirement('A-ONE', 'Install', 'Summary'), requirement('A-TWO', 'Summary')];

describe('a trace', () => {
  it('gives every heading the requirements that quote it, also none', () => {
    const { covered } = traceOf(
      [
        { level: 1, text: 'Install' },
        { level: 2, text: 'Backup' },
        { level: 2, text: 'Summary' },
      ],
      [one, two],
    );
    expect(covered.map(({ heading, requirements }) => [heading.text, requirements.map(({ id }) => id)])).toEqual([
      ['Install', ['A-ONE']],
      ['Backup', []],
      ['Summary', ['A-ONE', 'A-TWO']],
    ]);
  });

  it('tells of a heading that is no more, with the requirement that quotes it', () => {
    expect(traceOf([{ level: 1, text: 'Install' }], [one]).lost).toEqual([{ requirement: one, heading: 'Summary' }]);
  });

  it('has lost nothing while all are there', () => {
    expect(
      traceOf(
        [
          { level: 1, text: 'Install' },
          { level: 1, text: 'Summary' },
        ],
        [one, two],
      ).lost,
    ).toEqual([]);
  });
});
