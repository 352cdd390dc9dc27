import { describe, expect, it } from 'vitest';
import { hostEntries } from './host-entries.ts';

describe('the entries of a hosts file', () => {
  it.each([
    ['a name each', '192.168.29.11 cp01\n192.168.29.12\tcp02\n', ['cp01=192.168.29.11', 'cp02=192.168.29.12']],
    ['all names of a line', '192.168.29.11 cp01 cp01.local', ['cp01=192.168.29.11', 'cp01.local=192.168.29.11']],
    ['none of the loopback interface', '127.0.0.1 localhost\n127.0.1.1 cp01\n::1 localhost', []],
    ['none of a comment', '# 192.168.29.11 cp01\n192.168.29.12 cp02 # second', ['cp02=192.168.29.12']],
    ['none of an empty file', '\n', []],
  ])('are %s', (_, text, expected) => {
    expect(hostEntries(text)).toEqual(expected);
  });
});
