import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Cluster } from '../cluster.ts';
import { isNotFound, type KubeObject, KubernetesError } from '../kubernetes.ts';

x509.cryptoProvider.set(webcrypto);

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const caSecret = 'longhorn-webhook-ca';
const serverSecret = 'longhorn-webhook-tls';
const validityMs = 10 * 365 * 24 * 3600 * 1000;

/** PEM texts. */
interface Credential {
  readonly certificate: string;
  readonly key: string;
}

export interface WebhookCredentials {
  readonly ca: string;
  readonly server: Credential;
}

interface Secret extends KubeObject {
  type: string;
  data: Record<string, string>;
}

/** Certificates that all managers serve the webhook with: made once, by the manager that comes first, and kept in Secrets. */
export async function webhookCredentials(cluster: Cluster): Promise<WebhookCredentials> {
  const authority = await keep(cluster, caSecret, () => createAuthority());
  const name = `longhorn-admission-webhook.${cluster.place.namespace}.svc`;
  const server = await keep(cluster, serverSecret, () => issue(authority, name));
  return { ca: authority.certificate, server };
}

async function keep(cluster: Cluster, name: string, make: () => Promise<Credential>): Promise<Credential> {
  const path = `/api/v1/namespaces/${cluster.place.namespace}/secrets`;
  try {
    return credentialOf(await cluster.client.get<Secret>(`${path}/${name}`));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const { certificate, key } = await make();
  const data = { 'tls.crt': Buffer.from(certificate).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') };
  try {
    await cluster.client.create(path, { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/tls', data });
    return { certificate, key };
  } catch (error) {
    if (!(error instanceof KubernetesError && error.status === 409)) throw error;
    return credentialOf(await cluster.client.get<Secret>(`${path}/${name}`));
  }
}

function credentialOf(secret: Secret): Credential {
  const text = (field: string): string => Buffer.from(secret.data[field] ?? '', 'base64').toString();
  return { certificate: text('tls.crt'), key: text('tls.key') };
}

async function createAuthority(): Promise<Credential> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=dynamiclistener-ca,O=dynamiclistener-org',
    ...validity(),
    signingAlgorithm: ecdsa,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

async function issue(authority: Credential, name: string): Promise<Credential> {
  const keys = await newKeys();
  const root = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(authority.key), ecdsa, false, ['sign']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${name},O=dynamiclistener-org`,
    issuer: root.subject,
    ...validity(),
    signingAlgorithm: ecdsa,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function serial(): string {
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - 3600_000), notAfter: new Date(Date.now() + validityMs) };
}
