import { describe, expect, it } from 'vitest';
import { replicaCount } from './replica-count.ts';

describe('the replica count of a setting', () => {
  it.each([
    ['3', '3'],
    ['"3"', '3'],
    ['{"v1":"3","v2":"2"}', '3'],
    [`'{"v2":"2","v1":"3"}'`, '3'],
    ['{"v2":"2"}', '{"v2":"2"}'],
    ['', ''],
  ])('%s is %s', (value, expected) => {
    expect(replicaCount(value)).toBe(expected);
  });
});
