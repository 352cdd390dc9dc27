import { describe, expect, it } from 'vitest';
import { tagOf } from './image-tag.ts';

describe("an image's tag", () => {
  it.each([
    ['docker.io/longhornio/longhorn-manager:v1.10.1', 'v1.10.1'],
    ['docker.io/longhornio/longhorn-instance-manager:v1.11.0-dev-20251209', 'v1.11.0-dev-20251209'],
    ['registry:5000/longhorn-ui:v1.10.1@sha256:00ff', 'v1.10.1'],
    ['sha256:00ff', 'sha256:00ff'],
    ['registry:5000/longhorn-ui', 'registry:5000/longhorn-ui'],
  ])('of %s is %s', (image, tag) => {
    expect(tagOf(image)).toBe(tag);
  });
});
