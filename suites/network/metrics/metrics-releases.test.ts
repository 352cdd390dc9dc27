import { describe, expect, it } from 'vitest';
import { supports } from './metrics-releases.ts';

describe('a release of metrics-server', () => {
  it.each([
    ['v0.7.2', 'v1.30.8', true],
    ['v0.6.4', 'v1.30.8', true],
    ['v0.8.0', 'v1.30.8', false],
    ['v0.8.0', 'v1.31.0', true],
    ['v0.7.2', 'v1.26.1', false],
    ['latest', 'v1.30.8', false],
    ['v0.9.0', 'v1.30.8', false],
  ])('%s with Kubernetes %s: %s', (release, kubernetes, expected) => {
    expect(supports(release, kubernetes)).toBe(expected);
  });
});
