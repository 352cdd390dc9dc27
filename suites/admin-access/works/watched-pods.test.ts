import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { watched } from './watched-pods.ts';

interface Seen {
  readonly ready?: boolean;
  readonly restarts?: number;
  readonly phase?: string;
  readonly isDeleted?: boolean;
}

function pod(uid: string, { ready = true, restarts = 0, phase = 'Running', isDeleted = false }: Seen = {}): V1Pod {
  return {
    metadata: { uid, name: uid, ...(isDeleted ? { deletionTimestamp: new Date(0) } : {}) },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'main', image: '', imageID: '', ready, restartCount: restarts }],
    },
  };
}

const found = (lists: readonly V1Pod[][]): { restarted: unknown; unready: unknown } => {
  const { restarted, unready } = watched(lists);
  return { restarted: restarted.map(({ metadata }) => metadata?.uid), unready: unready.map(({ metadata }) => metadata?.uid) };
};

const unready = { ready: false };

describe('pods that were watched', () => {
  it.each<[string, V1Pod[][], readonly string[]]>([
    ['none, when all stay ready', [[pod('a')], [pod('a')]], []],
    ['one that is unready from the first', [[pod('a', unready)], [pod('a')]], ['a']],
    ['one that is unready for a moment', [[pod('a')], [pod('a', unready)], [pod('a')]], ['a']],
    ['one that is unready and then deleted and made again', [[pod('a')], [pod('a', unready)], [pod('b')]], ['a']],
    [
      'one that is unready and then marked to be deleted',
      [[pod('a')], [pod('a', unready)], [pod('a', { isDeleted: true, ready: false })]],
      ['a'],
    ],
    ['one that is evicted', [[pod('a')], [pod('a', { phase: 'Failed', ready: false })], [pod('b')]], ['a']],
    ['none, when one is unready because somebody deletes it', [[pod('a')], [pod('a', { isDeleted: true, ready: false })], [pod('b')]], []],
    ['none, when one has done its work', [[pod('a')], [pod('a', { phase: 'Succeeded', ready: false })]], []],
    ['none, when a new one is not yet ready', [[pod('a')], [pod('a'), pod('b', unready)]], []],
  ])('were seen unready: %s', (_, lists, expected) => {
    expect(found(lists)).toEqual({ restarted: [], unready: expected });
  });

  it('were restarted when the count went up, also if they are gone in the end', () => {
    expect(found([[pod('a', { restarts: 1 })], [pod('a', { restarts: 2 })], []])).toEqual({ restarted: ['a'], unready: [] });
  });

  it('were not restarted by what had restarted them before', () => {
    expect(found([[pod('a', { restarts: 3 })], [pod('a', { restarts: 3 })]])).toEqual({ restarted: [], unready: [] });
  });
});
