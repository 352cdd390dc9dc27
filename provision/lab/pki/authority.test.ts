import { X509Certificate, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, type Credential, createAuthority, createTokenKeys } from './authority.ts';

let authority: Authority;
let other: Authority;
let server: Credential;
let root: X509Certificate;
let certificate: X509Certificate;

beforeAll(async () => {
  [authority, other] = await Promise.all([createAuthority('kubernetes'), createAuthority('kubernetes')]);
  server = await authority.issue({
    commonName: 'system:node:w01',
    organization: 'system:nodes',
    dns: ['w01', 'localhost'],
    addresses: ['192.168.29.21', '127.0.0.1'],
  });
  root = new X509Certificate(authority.certificate);
  certificate = new X509Certificate(server.certificate);
});

describe('an authority', () => {
  it('may sign certificates', () => expect(root.ca).toBe(true));
  it('has the name that it was given', () => expect(root.subject).toBe('CN=kubernetes'));
  it('is signed by itself', () => expect(root.verify(root.publicKey)).toBe(true));
  it('has the key of its certificate', () => expect(root.checkPrivateKey(createPrivateKey(authority.key))).toBe(true));
  it('has another key than the next one of the same name', () => expect(other.key).not.toBe(authority.key));
});

describe('an issued certificate', () => {
  it('names its authority as issuer', () => expect(certificate.checkIssued(root)).toBe(true));
  it('is signed by its authority', () => expect(certificate.verify(root.publicKey)).toBe(true));
  it('is not signed by another authority of the same name', () =>
    expect(certificate.verify(new X509Certificate(other.certificate).publicKey)).toBe(false));
  it('may not sign certificates itself', () => expect(certificate.ca).toBe(false));
  it('belongs to its key', () => expect(certificate.checkPrivateKey(createPrivateKey(server.key))).toBe(true));
  it('names user and group in the order that Kubernetes reads', () =>
    expect(certificate.subject.split('\n')).toEqual(['O=system:nodes', 'CN=system:node:w01']));
  it('is for its names and addresses', () =>
    expect(certificate.subjectAltName).toBe('DNS:w01, DNS:localhost, IP Address:192.168.29.21, IP Address:127.0.0.1'));
  it('is for no other name', () => expect(certificate.checkHost('w02')).toBeUndefined());
  it('serves clients and servers', () => expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']));
  it('was already valid an hour ago, less a minute', () =>
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now() - 59 * 60_000));
  it('is valid for another 364 days', () => expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now() + 364 * 24 * 3600_000));

  it('ends no later than its authority', () => {
    expect(Date.parse(certificate.validTo) - Date.parse(root.validTo)).toBeLessThan(60_000);
  });

  it('has a positive serial number of its own of at most 20 bytes (RFC 5280)', async () => {
    const next = new X509Certificate((await authority.issue({ commonName: 'next' })).certificate);
    expect([
      next.serialNumber === certificate.serialNumber,
      certificate.serialNumber.length <= 40,
      certificate.serialNumber.startsWith('01'),
    ]).toEqual([false, true, true]);
  });

  it('has no alternative names when it was given none', async () => {
    expect(new X509Certificate((await authority.issue({ commonName: 'client' })).certificate).subjectAltName).toBeUndefined();
  });

  it.each([',', '+', '=', '"', '/', '\\'])('takes a name with %s for one name', async (mark) => {
    const { subject } = new X509Certificate((await authority.issue({ commonName: `a${mark}O=system:masters` })).certificate);
    expect(subject.split('\n')).toHaveLength(1);
  });
});

it('PEM texts end with a newline, so that they can be joined', () => {
  expect([authority.certificate, authority.key, server.certificate, server.key].filter((text) => !text.endsWith('\n'))).toEqual([]);
});

it('the token keys are one RSA pair', async () => {
  const { publicKey, privateKey } = await createTokenKeys();
  const signature = sign('sha256', Buffer.from('token'), createPrivateKey(privateKey));
  expect(verify('sha256', Buffer.from('token'), createPublicKey(publicKey), signature)).toBe(true);
});
