import { describe, expect, it } from 'vitest';
import type { ShownCertificate } from '../../harness/probe/certificate.ts';
import { certificateFaults } from './certificate-faults.ts';

const now = new Date('2026-12-01T00:00:00Z');
const good: ShownCertificate = {
  names: ['DNS:w01', 'IP Address:192.168.29.21'],
  issuer: 'kubernetes',
  validFrom: new Date('2026-01-01T00:00:00Z'),
  validTo: new Date('2027-01-01T00:00:00Z'),
  distrust: undefined,
  isFor: (host) => host === 'w01' || host === '192.168.29.21',
};
const hosts = ['w01', '192.168.29.21'];

describe('a certificate', () => {
  it('is good with the right authority, names and dates', () => {
    expect(certificateFaults(good, { hosts, now })).toEqual([]);
  });

  it('that has expired is not saved by its names', () => {
    const expired = { ...good, validTo: new Date('2026-11-30T00:00:00Z'), distrust: 'CERT_HAS_EXPIRED' };
    expect(certificateFaults(expired, { hosts, now })).toEqual(['expired at 2026-11-30T00:00:00.000Z']);
  });

  it('that is not valid yet is not saved by its names', () => {
    const early = { ...good, validFrom: new Date('2026-12-02T00:00:00Z'), distrust: 'CERT_NOT_YET_VALID' };
    expect(certificateFaults(early, { hosts, now })).toEqual(['valid from 2026-12-02T00:00:00.000Z on']);
  });

  it('of another authority is not saved by its names', () => {
    const other = { ...good, issuer: 'somebody', distrust: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' };
    expect(certificateFaults(other, { hosts, now })).toEqual([
      'not of the authority: issued by somebody (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
    ]);
  });

  it('for somebody else is not saved by its authority', () => {
    expect(certificateFaults(good, { hosts: ['w01', 'w02'], now })).toEqual(['not for w02, but for DNS:w01, IP Address:192.168.29.21']);
  });

  it('that a kubelet signed itself is taken where that is allowed, and no other', () => {
    const own = { ...good, issuer: 'w01-ca@1764547200', distrust: 'SELF_SIGNED_CERT_IN_CHAIN' };
    const maySign = (issuer: string): boolean => issuer.startsWith('w01-ca@');
    expect(certificateFaults(own, { hosts, now, maySign })).toEqual([]);
    expect(certificateFaults({ ...own, issuer: 'w02-ca@1764547200' }, { hosts, now, maySign })).toHaveLength(1);
  });
});
