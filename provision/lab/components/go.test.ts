import { describe, expect, it } from 'vitest';
import { isOlder, neededGo, parseGoVersion } from './go.ts';

describe('Go versions', () => {
  it.each([
    ['go1.26.8\n', [1, 26, 8]],
    ['1.24', [1, 24, 0]],
    ['go1.27rc1', [1, 27, 0]],
    ['devel', undefined],
  ])('%j is read as %j', (text, version) => {
    expect(parseGoVersion(text)).toEqual(version);
  });

  it.each([
    [[1, 23, 9], [1, 24, 0], true],
    [[1, 24, 0], [1, 24, 0], false],
    [[1, 26, 8], [1, 26, 7], false],
    [[1, 9, 0], [1, 10, 0], true],
  ] as const)('%j is older than %j: %j', (version, than, older) => {
    expect(isOlder(version, than)).toBe(older);
  });

  it('needs the highest go line', () => {
    expect(neededGo(['module a\n\ngo 1.24.0\n', 'module b\n\ngo 1.26.7\n'])).toEqual([1, 26, 7]);
  });
});
