import { describe, expect, it } from 'vitest';
import type { Requirement } from '../harness/engine/requirement.ts';
import { withoutConsent } from './consent.ts';

const requirement = (id: string, kind: Requirement['kind'], ...needs: string[]): Requirement => ({
  id,
  kind,
  needs,
  suite: 'storage',
  promise: 'It is so.',
  guide: ['Install'],
  severity: 'minor',
  fault: 'Break it.',
});

const selected = [
  requirement('S', 'static'),
  requirement('A', 'active'),
  requirement('D', 'disruptive', 'node-power'),
  requirement('L', 'long'),
  requirement('LP', 'long', 'node-power'),
];

describe('checks that are left out', () => {
  it.each([
    ['without any consent: those that interrupt and those that are long', {}, ['D', 'L', 'LP']],
    ['that may interrupt: the long ones', { disruptive: true }, ['L', 'LP']],
    ['that may be long: those that interrupt, the long ones too', { long: true }, ['D', 'LP']],
    ['that may be both: none', { disruptive: true, long: true }, []],
  ])('of a run %s', (_, consent, left) => {
    expect(withoutConsent(selected, consent).map(({ requirement: { id } }) => id)).toEqual(left);
  });

  it.each([
    ['D', {}, '--disruptive'],
    ['LP', {}, '--disruptive'],
    ['LP', { disruptive: true }, '--long'],
  ])('say what would let %s run: %j', (id, consent, option) => {
    expect(withoutConsent(selected, consent).find(({ requirement: each }) => each.id === id)?.reason).toContain(option);
  });
});
