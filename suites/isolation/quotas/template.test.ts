import type { KubernetesObject } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { limitNumbers, quotaNumbers } from './promised-numbers.ts';
import { differences } from './template.ts';

describe('differences', () => {
  it.each([
    { what: 'equal values', expected: { hard: { pods: '50' } }, saw: { hard: { pods: '50' } }, differ: [] },
    {
      what: 'another value',
      expected: { hard: { pods: '50' } },
      saw: { hard: { pods: '60' } },
      differ: ['spec.hard.pods: "60" instead of "50"'],
    },
    { what: 'a missing key', expected: { hard: { pods: '50' } }, saw: { hard: {} }, differ: ['spec.hard.pods: nothing instead of "50"'] },
    { what: 'a key more', expected: { egress: [] }, saw: { egress: [{}] }, differ: ['spec.egress.0: {} instead of nothing'] },
    { what: 'a list instead of an object', expected: { from: {} }, saw: { from: [] }, differ: ['spec.from: [] instead of {}'] },
    { what: 'a missing section', expected: { from: {} }, saw: undefined, differ: ['spec: nothing instead of {"from":{}}'] },
  ])('tells $what', ({ expected, saw, differ }) => {
    expect(differences('spec', expected, saw)).toEqual(differ);
  });
});

describe('the template', () => {
  it.each(['as-written', 'corrected'])('has the seven objects of the guide in the profile %s', async (profile) => {
    const kinds = (await readManifest(`${import.meta.dirname}/template.${profile}.yaml`, { NS: 'canine-alice' })).map(({ kind }) => kind);
    expect(kinds).toEqual(['NetworkPolicy', 'NetworkPolicy', 'ResourceQuota', 'LimitRange', 'ServiceAccount', 'Role', 'RoleBinding']);
  });
});

describe.each(['as-written', 'corrected'])('the numbers that the rows promise, in the profile %s', (profile) => {
  const objects = readManifest(`${import.meta.dirname}/template.${profile}.yaml`, { NS: 'canine-alice' });
  const specOf = async (kind: string): Promise<unknown> =>
    (await objects).map((each) => each as KubernetesObject & { spec?: unknown }).find((each) => each.kind === kind)?.spec;

  it('are those of its quota', async () => {
    expect(await specOf('ResourceQuota')).toMatchObject({ hard: quotaNumbers });
  });

  it('are those of its limits', async () => {
    const { Container, PersistentVolumeClaim } = limitNumbers;
    expect(await specOf('LimitRange')).toEqual({
      limits: [
        { type: 'Container', ...Container },
        { type: 'PersistentVolumeClaim', ...PersistentVolumeClaim },
      ],
    });
  });
});
