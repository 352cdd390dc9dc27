import { describe, expect, it } from 'vitest';
import { serviceFaults } from './service-faults.ts';

const service = (state: string, health: { unknown?: boolean; healthy?: boolean } | null) => ({
  id: 'one',
  state,
  health: health === null ? null : { unknown: false, healthy: false, lastMessage: '', ...health },
});

describe('a service', () => {
  it.each([
    { title: 'is healthy', of: service('Running', { healthy: true }) },
    { title: 'runs without a health check', of: service('Running', { unknown: true }) },
    { title: 'has not had to run', of: service('Skipped', { unknown: true }) },
    { title: 'has done its work', of: service('Finished', { unknown: true }) },
  ])('that $title is well', ({ of }) => {
    expect(serviceFaults([of])).toEqual([]);
  });

  it.each([
    { title: 'is checked and not healthy', of: service('Running', {}) },
    { title: 'has stopped', of: service('Finished', {}) },
    { title: 'has failed before it was checked', of: service('Failed', { unknown: true }) },
    { title: 'waits for something', of: service('Waiting', { unknown: true }) },
  ])('that $title is not', ({ of }) => {
    expect(serviceFaults([of])).toEqual(['one']);
  });
});
