import { describe, expect, it } from 'vitest';
import { isAtLeast, releaseOf } from './releases.ts';

describe('the release of an image', () => {
  it.each([
    ['factory.talos.dev/installer/dfd1:v1.11.6', 'v1.11.6'],
    ['registry.vaheed.net:2053/kube-proxy:v1.30.8@sha256:00', 'v1.30.8'],
    ['registry.vaheed.net:2053/kube-proxy', 'none'],
    ['registry.k8s.io/pause@sha256:00', 'none'],
  ])('of %s is %s', (image, release) => {
    expect(releaseOf(image)).toBe(release);
  });
});

describe('a release', () => {
  it.each([
    ['v1.30.8', 'v1.30.8'],
    ['1.31.0', 'v1.30.8'],
    ['v2.0.0-rc1', 'v1.99.9'],
  ])('%s is at least %s', (release, least) => {
    expect(isAtLeast(release, least)).toBe(true);
  });

  it.each([
    ['v1.30.7', 'v1.30.8'],
    ['v1.9.99', 'v1.30.8'],
  ])('%s is older than %s', (release, least) => {
    expect(isAtLeast(release, least)).toBe(false);
  });

  it('is read, not guessed', () => {
    expect(() => isAtLeast('latest', 'v1.0.0')).toThrow('latest is no release');
  });
});
