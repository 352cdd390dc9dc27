import { describe, expect, it } from 'vitest';
import { sampleObservation, sampleRecord, sampleResult } from '../../reports/sample-record.ts';
import { evidenceDefects } from './evidence-defects.ts';

const defectsOf = (changes: Parameters<typeof sampleResult>[1]): string[] =>
  evidenceDefects({ ...sampleRecord(), results: [sampleResult({ id: 'NET-A' }, changes)] });

describe('a record', () => {
  it('with declared needs and stable keys has no defect', () => {
    expect(defectsOf({ observations: [sampleObservation({ key: 'alice on w01 -> 192.168.29.10:6443/tcp' })] })).toEqual([]);
  });

  it('shows a capability that was touched and not declared', () => {
    expect(defectsOf({ undeclared: ['node-shell'] })).toEqual([expect.stringContaining('NET-A: its check touched node-shell')]);
  });

  it.each([
    ['the name of a scratch object', 'pod conform-echo-3f2a1c is Ready'],
    ['a pod of a Deployment', 'pod canine/canine-web-7d4b9c6f58-x2x9k'],
    ['the address of a pod', 'alice -> 10.244.17.5:80'],
    ['the address of a Service', 'alice -> 10.97.1.2:80'],
  ])('shows a key with %s', (_, key) => {
    expect(defectsOf({ observations: [sampleObservation({ key })] })).toEqual([
      expect.stringContaining('would be another in the next run'),
    ]);
  });
});
