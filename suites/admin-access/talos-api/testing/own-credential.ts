import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { ForeignCredential } from '../../foreign-credential.ts';

x509.cryptoProvider.set(webcrypto);

/** A certificate that is signed by itself, and its key: for a server on this machine and for its callers. */
export async function ownCredential(): Promise<ForeignCredential> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const extensions = [
    new x509.SubjectAlternativeNameExtension([
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ]),
  ];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=own',
    signingAlgorithm: algorithm,
    keys,
    extensions,
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: certificate.toString('pem'), key };
}
