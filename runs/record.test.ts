import { expect, it } from 'vitest';
import { sampleSurvey } from '../reports/sample-record.ts';
import { productVersion, withSeenVersions } from './record.ts';

const unknown = { kind: 'unknown' as const, reason: 'no answer' };
const versionOf = (name: string, survey = sampleSurvey()): unknown =>
  withSeenVersions({ [name]: { kind: 'real', version: 'declared' } }, survey)[name];

it.each([
  ['kubernetes', sampleSurvey(), 'v1.30.8'],
  ['kubernetes', sampleSurvey({ kubernetesVersion: unknown }), 'unknown: no answer'],
  ['calico', sampleSurvey(), 'v3.28.2'],
  ['calico', sampleSurvey({ versions: unknown }), 'unknown: no answer'],
  ['calico', sampleSurvey({ versions: { kind: 'seen', value: {} } }), 'unknown: no workload of the cluster has its image'],
  ['node-power', sampleSurvey({ versions: unknown }), 'declared'],
])('the version of %s is the one that the cluster told (%#)', (name, survey, version) => {
  expect(versionOf(name, survey)).toEqual({ kind: 'real', version });
});

it('a stand-in stays one', () => {
  const standIn = { kind: 'stand-in', for: 'Longhorn', reason: 'no kernel' } as const;
  expect(withSeenVersions({ longhorn: standIn }, sampleSurvey())).toEqual({ longhorn: standIn });
});

it('the version of the product is that of its package', () => {
  expect(productVersion).toMatch(/^\d+\.\d+\.\d+$/);
});
