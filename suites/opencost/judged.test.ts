import { describe, expect, it } from 'vitest';
import { misplaced } from './judged.ts';

const pods = [
  { namespace: 'canine-alice', name: 'web-1' },
  { namespace: 'prometheus-system', name: 'prometheus-kube-state-metrics-2' },
  { namespace: 'a', name: 'same' },
  { namespace: 'b', name: 'same' },
];

describe('a pod counts under a namespace', () => {
  it('of its own', () => {
    expect(misplaced(['canine-alice/web-1', 'a/same', 'b/same'], pods)).toEqual([]);
  });

  it('of the one who was scraped, where labels are not honoured', () => {
    expect(misplaced(['canine-alice/web-1', 'prometheus-system/web-1'], pods)).toEqual(['prometheus-system/web-1']);
  });

  it('that nobody can tell when it is gone', () => {
    expect(misplaced(['canine-alice/gone', '__idle__', '__unmounted__/__unmounted__'], pods)).toEqual([]);
  });
});
