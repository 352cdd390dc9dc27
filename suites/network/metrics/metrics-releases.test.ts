import { describe, expect, it } from 'vitest';
import { isFixed, supportOf } from './metrics-releases.ts';

describe('a release of metrics-server', () => {
  it.each([
    ['v0.7.2', 'v1.30.8', 'supported'],
    ['v0.6.4', 'v1.30.8', 'supported'],
    ['v0.8.0', 'v1.30.8', 'not supported'],
    ['v0.8.0', 'v1.31.0', 'supported'],
    ['v0.7.2', 'v1.26.1', 'not supported'],
    ['v0.4.0', 'v1.30.8', 'not supported'],
    ['latest', 'v1.30.8', 'not supported'],
    ['v0.9.0', 'v1.30.8', 'not supported'],
    ['v0.9.0', 'v1.31.0', 'unknown'],
    ['v0.10.1', 'v1.30.8', 'not supported'],
  ])('%s with Kubernetes %s: %s', (release, kubernetes, expected) => {
    expect(supportOf(release, kubernetes)).toBe(expected);
  });
});

describe('an image', () => {
  const name = 'registry.k8s.io/metrics-server/metrics-server';

  it.each([
    [`${name}:v0.7.2`, true],
    [`${name}@sha256:${'a'.repeat(64)}`, true],
    [`${name}:v0.7.2@sha256:${'a'.repeat(64)}`, true],
    [`${name}:latest`, false],
    [`${name}:v0`, false],
    [name, false],
    ['registry.test:5000/metrics-server', false],
  ])('%s is fixed: %s', (image, expected) => {
    expect(isFixed(image)).toBe(expected);
  });
});
