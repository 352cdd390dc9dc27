import { describe, expect, it } from 'vitest';
import { whyNotAll } from './kubernetes-nodes.ts';

const node = (name: string, { ready = 'True', unschedulable = false } = {}) => ({
  metadata: { name },
  spec: { unschedulable },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const listed = (...items: readonly unknown[]) => ({ status: 200, text: JSON.stringify({ kind: 'NodeList', items }) });
const refused = { status: 403, text: JSON.stringify({ kind: 'Status', status: 'Failure', code: 403 }) };

describe('the nodes of Kubernetes', () => {
  it('are well when all of them are', () => {
    const all = listed(node('cp01'), node('w01'));
    expect([whyNotAll(all, { what: 'ready', expected: 2 }), whyNotAll(all, { what: 'schedulable', expected: 2 })]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('may be more than are asked about', () => {
    expect(whyNotAll(listed(node('cp01'), node('w01'), node('w02')), { what: 'ready', expected: 2 })).toBeUndefined();
  });

  it.each([
    { title: 'one is not Ready', answer: listed(node('cp01'), node('w01', { ready: 'Unknown' })), reason: 'nodes w01 are not ready' },
    { title: 'one has no condition', answer: listed(node('cp01'), { metadata: { name: 'w01' } }), reason: 'nodes w01 are not ready' },
    { title: 'one is missing', answer: listed(node('cp01')), reason: 'only 1 of 2 nodes' },
    { title: 'all are missing', answer: listed(), reason: 'only 0 of 2 nodes' },
  ])('are not ready when $title', ({ answer, reason }) => {
    expect(whyNotAll(answer, { what: 'ready', expected: 2 })).toBe(reason);
  });

  it.each([
    {
      title: 'one takes no pods',
      answer: listed(node('cp01'), node('w01', { unschedulable: true })),
      reason: 'nodes w01 are not schedulable',
    },
    { title: 'one is missing', answer: listed(node('cp01')), reason: 'only 1 of 2 nodes' },
  ])('are not schedulable when $title', ({ answer, reason }) => {
    expect(whyNotAll(answer, { what: 'schedulable', expected: 2 })).toBe(reason);
  });

  it('are not judged by another answer', () => {
    expect(() => whyNotAll(refused, { what: 'schedulable', expected: 2 })).toThrow('the Kubernetes API answered 403');
    expect(() => whyNotAll({ status: 200, text: '{}' }, { what: 'ready', expected: 0 })).toThrow('no list of nodes');
  });
});
