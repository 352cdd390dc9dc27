import { describe, expect, it } from 'vitest';
import { EvidenceLog } from './evidence.ts';

const measured = { subject: 'it', vantage: 'Kubernetes API', expected: 'yes', saw: 'yes', held: true };

describe('the evidence of a look', () => {
  it.each(['this check', 'conform'])('refuses a control that was measured at "%s" and not at the cluster', (vantage) => {
    expect(() => new EvidenceLog('').control({ ...measured, vantage })).toThrow('make it a unit test');
  });

  it('names an observation by its key where it has one, else by its subject', () => {
    const log = new EvidenceLog('');
    log.observe(measured);
    log.observe({ ...measured, key: 'the same in every run' });
    expect(log.observations.map(({ key }) => key)).toEqual(['it', 'the same in every run']);
  });

  it('has no key twice', () => {
    const log = new EvidenceLog('');
    for (const _ of [1, 2, 3]) log.observe(measured);
    log.control(measured);
    expect(log.observations.map(({ key }) => key)).toEqual(['it', 'it #2', 'it #3', 'it #4']);
  });

  it('redacts what was seen', () => {
    const log = new EvidenceLog('');
    log.observe({ ...measured, saw: 'Authorization: Bearer abc.def.ghi', raw: { token: 'abc' } });
    expect(JSON.stringify(log.observations)).not.toContain('abc');
  });
});
