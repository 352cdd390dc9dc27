import { describe, expect, it } from 'vitest';
import { wrongMirrors } from './registry-mirrors.ts';

const documented = { 'gcr.io': 'https://mirror.test:2083', 'ghcr.io': 'https://mirror.test:2087' };
const right = { 'gcr.io': { endpoints: ['https://mirror.test:2083'] }, 'ghcr.io': { endpoints: ['https://mirror.test:2087'] } };

describe('the registry mirrors of a node', () => {
  it.each([
    ['the documented ones', right, []],
    ["gcr.io's with the port of ghcr.io", { ...right, 'gcr.io': right['ghcr.io'] }, ['gcr.io: https://mirror.test:2087']],
    ['without TLS', { ...right, 'gcr.io': { endpoints: ['http://mirror.test:2083'] } }, ['gcr.io: http://mirror.test:2083']],
    ['one more than documented', { ...right, 'quay.io': { endpoints: ['https://x'] } }, ['quay.io: https://x']],
    ['without one', { 'gcr.io': right['gcr.io'] }, ['ghcr.io: no mirror']],
    [
      'with a second endpoint',
      { ...right, 'gcr.io': { endpoints: ['https://mirror.test:2083', 'https://x'] } },
      ['gcr.io: https://mirror.test:2083, https://x'],
    ],
  ])('are %s', (_, found, expected) => {
    expect(wrongMirrors(documented, found)).toEqual(expected);
  });
});
