import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const algorithms = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  ed25519: { name: 'Ed25519' },
} as const;

/** How an authority and all that it issues sign: Kubernetes takes ECDSA, Talos's own API has Ed25519. */
type Algorithm = keyof typeof algorithms;

const validityMs = 365 * 24 * 3600 * 1000;

/** A certificate and its private key, both PEM (the key as PKCS #8). */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  readonly certificate: string;
  readonly key: string;
  issue(subject: Subject): Promise<Credential>;
}

/** Whom a certificate names: user and groups for Kubernetes clients, names and addresses for servers. */
interface Subject {
  readonly commonName: string;
  readonly organization?: string;
  readonly dns?: readonly string[];
  readonly addresses?: readonly string[];
}

/** A new self-signed certificate authority, valid for one year. */
export async function createAuthority(commonName: string, algorithm: Algorithm = 'ecdsa'): Promise<Authority> {
  const keys = await newKeys(algorithm);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${commonName}`,
    ...validity(),
    signingAlgorithm: algorithms[algorithm],
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: pem(root.toString('pem')),
    key: await exportKey(keys.privateKey),
    issue: (subject) => issue({ root, signingKey: keys.privateKey, algorithm }, subject),
  };
}

interface Issuer {
  readonly root: x509.X509Certificate;
  readonly signingKey: CryptoKey;
  readonly algorithm: Algorithm;
}

async function issue({ root, signingKey, algorithm }: Issuer, subject: Subject): Promise<Credential> {
  const keys = await newKeys(algorithm);
  const names: x509.JsonGeneralName[] = [
    ...(subject.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(subject.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject:
      subject.organization === undefined ? [{ CN: [subject.commonName] }] : [{ O: [subject.organization] }, { CN: [subject.commonName] }],
    issuer: root.subject,
    ...validity(),
    signingAlgorithm: algorithms[algorithm],
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return { certificate: pem(certificate.toString('pem')), key: await exportKey(keys.privateKey) };
}

/** The RSA key pair that signs ServiceAccount tokens, PEM. */
export async function createTokenKeys(): Promise<{ publicKey: string; privateKey: string }> {
  const keys = await webcrypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  );
  const spki = await webcrypto.subtle.exportKey('spki', keys.publicKey);
  return { publicKey: pem(x509.PemConverter.encode(spki, 'PUBLIC KEY')), privateKey: await exportKey(keys.privateKey) };
}

async function newKeys(algorithm: Algorithm): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithms[algorithm], true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

async function exportKey(key: CryptoKey): Promise<string> {
  return pem(x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY'));
}

function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(15));
  return `01${Buffer.from(bytes).toString('hex')}`;
}

/** Starts an hour ago, so that a clock that was set back does not refuse the cluster. */
function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 3600_000), notAfter: new Date(now + validityMs) };
}

function pem(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
