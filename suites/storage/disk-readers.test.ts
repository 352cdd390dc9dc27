import { describe, expect, it } from 'vitest';
import { devicesIn, kibibytes } from './disk-readers.ts';

describe('kibibytes that du printed', () => {
  it.each([
    ['of one folder', '65540\t/disk/replicas/a\n', 65_540],
    ['of several folders are added', '10\t/disk/replicas/a\n5\t/disk/replicas/b\n', 15],
    ['of a folder that is not there are none', '', 0],
  ])('%s', (_, text, expected) => {
    expect(kibibytes(text)).toBe(expected);
  });
});

describe('the devices of a disk and of the operating system', () => {
  it('are those that stat printed', () => {
    expect(devicesIn('1794\n65024\n')).toEqual({ disk: '1794', system: '65024' });
  });

  it.each(['', "stat: can't stat '/disk'\n65024\n", '1794\n'])('are not read from %j', (text) => {
    expect(() => devicesIn(text)).toThrow('could not be read');
  });
});
