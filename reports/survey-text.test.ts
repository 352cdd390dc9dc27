import { describe, expect, it } from 'vitest';
import { consoleSummary } from './console.ts';
import { sampleRecord, sampleSurvey } from './sample-record.ts';
import { kubernetesText, nodesText } from './survey-text.ts';

const unknown = { kind: 'unknown' as const, reason: 'no answer within 10 s' };
const node = { name: 'w01', address: '192.168.29.21', role: 'worker', kubelet: 'v1.30.8', notReady: '' } as const;

it('an unknown version is told as unknown, with the reason', () => {
  expect(kubernetesText(sampleSurvey({ kubernetesVersion: unknown }))).toBe('unknown (no answer within 10 s)');
});

describe('the nodes', () => {
  it.each([
    ['none that the API tells of', { kind: 'seen' as const, value: [] }, 'none were seen'],
    ['unknown ones', unknown, 'unknown (no answer within 10 s)'],
    ['a usual one', { kind: 'seen' as const, value: [node] }, 'w01 192.168.29.21 worker'],
    [
      'one with another kubelet',
      { kind: 'seen' as const, value: [{ ...node, kubelet: 'v1.29.0' }] },
      'w01 192.168.29.21 worker kubelet v1.29.0',
    ],
    ['one that is not Ready', { kind: 'seen' as const, value: [{ ...node, notReady: 'gone' }] }, 'w01 192.168.29.21 worker NOT READY'],
  ])('show %s', (_, nodes, text) => {
    expect(nodesText(sampleSurvey({ nodes }))).toBe(text);
  });
});

describe('the summary of a run with likely causes', () => {
  const summary = consoleSummary(sampleRecord({ causes: [{ part: 'node w02', evidence: 'Ready is Unknown' }] }), { colour: false });

  it('tells them before every result', () => {
    expect(summary.split('\n\n')[1]).toBe(
      ['Look here first: what is not kept below may follow from this', 'cause    node w02', '  Saw       Ready is Unknown'].join('\n'),
    );
  });

  it('says nothing of causes without one', () => {
    expect(consoleSummary(sampleRecord(), { colour: false })).not.toContain('Look here first');
  });
});
