import { expect, test } from 'vitest';
import { sampleRecord } from '../sample-record.ts';
import { failedGuideStep } from './failed-guide-step.ts';

test('a failed step is no promise, and points to its erratum', () => {
  const record = sampleRecord();
  const step = record.cluster.steps.find(({ outcome }) => outcome === 'failed');
  const result = failedGuideStep(record, step!);
  expect(result.name).toBe('talos-firewall  Restrict the Talos API [guide step failed]');
  expect(result.status).toBe('failed');
  expect(result.labels).toContainEqual({ name: 'verdict', value: 'guide-step' });
  expect(result.statusDetails.message).toBe(
    [
      'Saw       unknown keys found during decoding:',
      '          machine:',
      '            network:',
      '              firewall: {}',
      'Erratum   E06',
    ].join('\n'),
  );
});
