import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { stringify } from 'yaml';
import type { Configuration } from './configuration.ts';
import { type Pair, issueClient } from './issue.ts';

/** What a new caller of the Talos API needs. */
export interface ClientConfiguration {
  readonly ca: Buffer;
  readonly crt: Buffer;
  readonly key: Buffer;
  readonly talosconfig: Buffer;
}

/** A certificate with these roles, from the authority that the machine configuration of a control plane holds. */
export async function clientConfiguration(
  { main }: Configuration,
  roles: readonly string[],
  validSeconds: number,
): Promise<ClientConfiguration> {
  const authority = pairOf(main.machine?.ca);
  const issued = await issueClient(authority, { subject: roles.map((role) => `/O=${role}`).join(''), algorithm: 'ed25519', validSeconds });
  const key = issued.key.replaceAll('PRIVATE KEY', 'ED25519 PRIVATE KEY');
  const cluster = main.cluster?.clusterName ?? '';
  const context = roles.length === 1 ? `${(roles[0] ?? '').replace(/^os:/, '')}@${cluster}` : cluster;
  const content = {
    context,
    contexts: { [context]: { endpoints: [], ca: base64(authority.certificate), crt: base64(issued.certificate), key: base64(key) } },
  };
  return {
    ca: Buffer.from(authority.certificate),
    crt: Buffer.from(issued.certificate),
    key: Buffer.from(key),
    talosconfig: Buffer.from(stringify(content, { indent: 4, lineWidth: 0 })),
  };
}

/** Talos's administrators of Kubernetes are valid for a year (machinery: constants.KubernetesAdminCertDefaultLifetime). */
const adminSeconds = 365 * 86_400;

/** The administrator's kubeconfig in a compressed archive, as Talos sends it. */
export async function kubeconfigArchive({ main }: Configuration): Promise<Buffer> {
  const { authority, issued } = await issuedAdministrator(main, adminSeconds);
  const cluster = main.cluster?.clusterName ?? '';
  const admin = `admin@${cluster}`;
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: cluster,
        cluster: { server: main.cluster?.controlPlane?.endpoint, 'certificate-authority-data': base64(authority.certificate) },
      },
    ],
    users: [{ name: admin, user: { 'client-certificate-data': base64(issued.certificate), 'client-key-data': base64(issued.key) } }],
    contexts: [{ name: admin, context: { cluster, namespace: 'default', user: admin } }],
    'current-context': admin,
  };
  const archive = pack();
  archive.entry({ name: 'kubeconfig', mode: 0o600 }, stringify(content, { lineWidth: 0 }));
  archive.finalize();
  return gzipSync(await buffer(archive));
}

/** For one call of the node itself to its API server, PEM. */
export async function administrator({ main }: Configuration): Promise<{ ca: string } & Pair> {
  const { authority, issued } = await issuedAdministrator(main, ownSeconds);
  return { ca: authority.certificate, ...issued };
}

/** Longer than one call takes. */
const ownSeconds = 600;

async function issuedAdministrator(main: Configuration['main'], validSeconds: number): Promise<{ authority: Pair; issued: Pair }> {
  const authority = pairOf(main.cluster?.ca);
  const issued = await issueClient(authority, { subject: '/O=system:masters/CN=admin', algorithm: 'p256', validSeconds });
  return { authority, issued };
}

function pairOf(ca: { readonly crt?: string; readonly key?: string } | undefined): Pair {
  const text = (base: string | undefined): string => Buffer.from(base ?? '', 'base64').toString();
  return { certificate: text(ca?.crt), key: text(ca?.key) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
