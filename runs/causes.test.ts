import { describe, expect, it } from 'vitest';
import type { Result } from '../harness/engine/run-record.ts';
import type { ClusterSurvey } from '../harness/engine/survey.ts';
import { sampleResult, sampleSurvey, sampleVerdicts } from '../reports/sample-record.ts';
import { likelyCauses } from './causes.ts';

const kept = sampleResult();
const broken = sampleResult({}, { verdict: sampleVerdicts.broken });
const inconclusive = (reason: string): Result => sampleResult({}, { verdict: { kind: 'inconclusive', reason, next: 'look' } });
const unknown = { kind: 'unknown' as const, reason: 'no answer within 10 s' };

const healthy = sampleSurvey();
const nodes = healthy.nodes.kind === 'seen' ? healthy.nodes.value : [];
const w02Dead: Partial<ClusterSurvey> = {
  nodes: {
    kind: 'seen',
    value: nodes.map((node) => (node.name === 'w02' ? { ...node, notReady: 'Ready is Unknown: Kubelet stopped posting' } : node)),
  },
};
const short = (kind: 'Deployment' | 'DaemonSet', namespace: string, wanted: number, available: number): Partial<ClusterSurvey> => ({
  unavailable: { kind: 'seen', value: [{ kind, namespace, name: 'it', wanted, available }] },
});

describe('the likely causes', () => {
  it.each<{ what: string; survey: Partial<ClusterSurvey>; results?: Result[]; parts: string[] }>([
    { what: 'none of a healthy cluster', survey: {}, parts: [] },
    { what: 'none when all is kept', survey: w02Dead, results: [kept], parts: [] },
    { what: 'a node that is not Ready', survey: w02Dead, parts: ['node w02'] },
    {
      what: 'an API server that does not answer',
      survey: { apiServers: [...healthy.apiServers.slice(0, 1), { name: 'cp02', address: '192.168.29.12', answer: unknown }] },
      parts: ['API server cp02 192.168.29.12'],
    },
    {
      what: 'an API that does not answer at all',
      survey: { kubernetesVersion: unknown, metrics: unknown, nodes: unknown },
      parts: ['the Kubernetes API'],
    },
    { what: 'a Deployment of the system', survey: short('Deployment', 'kube-system', 2, 0), parts: ['Deployment kube-system/it'] },
    { what: 'no Deployment of a tenant', survey: short('Deployment', 'canine-alice', 2, 0), parts: [] },
    { what: 'a DaemonSet of MetalLB', survey: short('DaemonSet', 'metallb-system', 6, 3), parts: ['DaemonSet metallb-system/it'] },
    { what: 'a node, not its DaemonSets', survey: { ...w02Dead, ...short('DaemonSet', 'calico-system', 4, 3) }, parts: ['node w02'] },
    { what: 'no metrics API that nothing needed', survey: { metrics: unknown }, parts: [] },
    {
      what: 'a metrics API that something needed',
      survey: { metrics: unknown },
      results: [sampleResult({ needs: ['metrics-server'] }, { verdict: sampleVerdicts.broken })],
      parts: ['the metrics API'],
    },
    {
      what: 'one reason that most have in common, numbers aside',
      survey: {},
      results: [...[91, 92, 93, 94, 95].map((s) => inconclusive(`the API has not answered for ${s} s`)), inconclusive('another')],
      parts: ['what 5 inconclusive results have in common'],
    },
    { what: 'no reason of a few', survey: {}, results: [1, 2, 3, 4].map((s) => inconclusive(`waited ${s} s`)), parts: [] },
  ])('name $what', ({ survey, results, parts }) => {
    expect(likelyCauses({ survey: sampleSurvey(survey), results: results ?? [kept, broken] }).map(({ part }) => part)).toEqual(parts);
  });

  it('tell what was seen', () => {
    expect(likelyCauses({ survey: sampleSurvey(short('Deployment', 'kube-system', 2, 1)), results: [broken] })).toEqual([
      { part: 'Deployment kube-system/it', evidence: '1 of 2 pods available' },
    ]);
  });
});
