import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

/** PEM. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

export interface Wanted {
  /** As openssl-req(1) takes it: /O=.../CN=... */
  readonly subject: string;
  readonly algorithm: 'ed25519' | 'p256';
  /** Rounded up to whole days. */
  readonly validSeconds: number;
}

const keyArguments: Readonly<Record<Wanted['algorithm'], readonly string[]>> = {
  ed25519: ['-algorithm', 'ed25519'],
  p256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
};

/** A client certificate of an authority, made by openssl(1). */
export async function issueClient(authority: Pair, { subject, algorithm, validSeconds }: Wanted): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'issue-'));
  const at = (name: string): string => join(folder, name);
  try {
    await writeFile(at('ca.crt'), authority.certificate);
    // Talos marks its keys with their algorithm; OpenSSL knows them without.
    await writeFile(at('ca.key'), authority.key.replaceAll('ED25519 PRIVATE KEY', 'PRIVATE KEY'), { mode: 0o600 });
    await writeFile(
      at('extensions'),
      'basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n',
    );
    await run('openssl', ['genpkey', ...keyArguments[algorithm], '-out', at('key')]);
    await run('openssl', ['req', '-new', '-key', at('key'), '-subj', subject, '-out', at('request')]);
    const days = String(Math.ceil(validSeconds / 86_400));
    await run('openssl', [
      'x509',
      '-req',
      '-in',
      at('request'),
      '-CA',
      at('ca.crt'),
      '-CAkey',
      at('ca.key'),
      '-days',
      days,
      '-extfile',
      at('extensions'),
      '-out',
      at('certificate'),
    ]);
    return { certificate: await readFile(at('certificate'), 'utf8'), key: await readFile(at('key'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
