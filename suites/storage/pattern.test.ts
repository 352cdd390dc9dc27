import { describe, expect, it } from 'vitest';
import { digestIn } from './pattern.ts';

const digest = 'a6e2b7a040683432de03a18fd8a1939a2fdf82585b364bfc874bdd4095c4cae1';

describe('the digest in what sha256sum prints', () => {
  it.each([
    ['of a file that can be read', `${digest}  /data/pattern\n`, digest],
    ['of none where the file is not there', "sha256sum: can't open '/data/pattern': No such file or directory\n", undefined],
    ['of none where a digest is cut off', `${digest.slice(1)}  /data/pattern\n`, undefined],
    ['of none where nothing was printed', '', undefined],
  ])('is that %s', (_, text, expected) => {
    expect(digestIn(text)).toBe(expected);
  });
});
