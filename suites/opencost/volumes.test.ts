import { describe, expect, it } from 'vitest';
import { claimText, mountsIn, sizeAt } from './volumes.ts';

const printed = `/dev/longhorn/pvc-1 20466256 126012 20323860 1% /data
overlay 102400000 50000000 52400000 49% /
/data/wal/00000003
`;

describe('what df prints', () => {
  it('has the device of each mount point', () => {
    expect([...mountsIn(printed)]).toEqual([
      ['/data', '/dev/longhorn/pvc-1'],
      ['/', 'overlay'],
    ]);
  });

  it('has the size of one', () => {
    expect(sizeAt(printed, '/data')).toBe(20_466_256 * 1024);
    expect(sizeAt(printed, '/other')).toBeUndefined();
  });
});

describe('a claim in words', () => {
  it('tells what it asks for and what it has', () => {
    const claim = {
      spec: { storageClassName: 'longhorn', resources: { requests: { storage: '20Gi' } } },
      status: { phase: 'Bound', capacity: { storage: '20Gi' } },
    };
    expect(claimText(claim)).toBe('Bound longhorn, asks for 20Gi, has 20Gi');
  });

  it('tells that there is none', () => {
    expect(claimText(undefined)).toBe('no claim');
  });
});
