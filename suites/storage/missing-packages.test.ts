import { describe, expect, it } from 'vitest';
import { missingPackages } from './missing-packages.ts';

describe('missing packages', () => {
  it.each([
    ['Missing packages: [nfs-common open-iscsi]', ['nfs-common', 'open-iscsi']],
    ['Missing packages: [cryptsetup dmsetup open-iscsi]', ['open-iscsi']],
    ['Missing packages: [cryptsetup]', []],
    ['All required packages [iscsiadm nfs-common] are installed', []],
    ['', []],
  ])('in %j are %j', (message, expected) => {
    expect(missingPackages(message)).toEqual(expected);
  });
});
