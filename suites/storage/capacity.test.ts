import { describe, expect, it } from 'vitest';
import type { LonghornNode } from '../../harness/platform/longhorn/longhorn.ts';
import { quantity } from '../../harness/platform/kubernetes/quantity.ts';
import { gibibyte, platformClaims, schedulableBytes } from './capacity.ts';

const node = (bytes: number, reserved = 0.3 * bytes): LonghornNode => ({
  metadata: { name: 'w01' },
  spec: { allowScheduling: true, disks: { disk: { path: '/data', allowScheduling: true, storageReserved: reserved } } },
  status: { diskStatus: { disk: { storageMaximum: bytes } } },
});
const documented = platformClaims.flatMap(({ sizes }) => sizes.map(quantity)).reduce((sum, each) => sum + each, 0);

describe('the documented volumes', () => {
  it('are 105 GiB', () => {
    expect(documented / gibibyte).toBe(105);
  });

  it.each([
    ['do not fit on a disk of 100 GB', 100e9, false],
    ['fit on a disk of 200 GB', 200e9, true],
    ['fit on a disk of 300 GB', 300e9, true],
  ])('%s', (_, bytes, fits) => {
    expect(schedulableBytes(node(bytes), 100) >= documented).toBe(fits);
  });

  it('do not fit on a disk of 200 GB of which 60 % are reserved', () => {
    expect(schedulableBytes(node(200e9, 0.6 * 200e9), 100) >= documented).toBe(false);
  });
});

describe('what replicas may have', () => {
  it('is twice as much where it may be promised twice', () => {
    expect(schedulableBytes(node(100e9), 200)).toBe(140e9);
  });

  it('is nothing of a node without a disk', () => {
    expect(schedulableBytes({ spec: { allowScheduling: true } }, 100)).toBe(0);
  });
});
