import type { DocumentedNode } from '../../guide/cluster.ts';
import { equal } from '../../harness/engine/measured.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { apiPort as talosPort } from '../../harness/platform/talos/channel.ts';
import { readTalosconfig } from '../../harness/platform/talos/talosconfig.ts';
import { type ShownCertificate, shownCertificate } from '../../harness/probe/certificate.ts';
import { controlPlanes } from '../admin-access/documented-nodes.ts';
import { check } from '../fixtures/check.ts';
import { certificateFaults, certificateText } from './certificate-faults.ts';
import { certificateNames, requirements } from './requirements.ts';

const apiPort = 6443;
const kubeletPort = 10_250;
const workstation = 'admin workstation';

interface Served {
  readonly what: string;
  readonly address: string;
  readonly port: number;
  readonly authority: string;
  readonly hosts: readonly string[];
  readonly maySign?: (issuer: string) => boolean;
}

check(requirements['NODE-CERTS'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'openssl s_client -connect ADDRESS:PORT </dev/null | openssl x509 -noout -issuer -dates -ext subjectAltName');
  const { nodes, vip, lan } = cluster.documented;
  const [kubernetes, talos] = await authorities(cluster);
  const served: Served[] = [
    {
      what: 'Kubernetes API at the virtual IP',
      address: vip.address,
      port: apiPort,
      authority: kubernetes,
      hosts: [vip.address, vip.hostname],
    },
    ...controlPlanes(cluster).map(({ name, address }) => ({
      what: `Kubernetes API of ${name}`,
      address,
      port: apiPort,
      authority: kubernetes,
      hosts: [address, vip.hostname],
    })),
    ...nodes.map(({ name, address }) => ({ what: `Talos API of ${name}`, address, port: talosPort, authority: talos, hosts: [address] })),
    ...nodes.map(({ name, address }) => ({
      what: `kubelet of ${name}`,
      address,
      port: kubeletPort,
      authority: kubernetes,
      hosts: [name],
      maySign: (issuer: string) => issuer.startsWith(`${name}-ca@`),
    })),
  ];
  const shown = await Promise.all(served.map(async (each) => ({ ...each, certificate: await shownCertificate(each, signal) })));
  const now = new Date();
  for (const { what, address, port, certificate, hosts, maySign } of shown) {
    const faults = certificateFaults(certificate, { hosts, now, ...(maySign === undefined ? {} : { maySign }) });
    observe({
      subject: `${what}, ${address}:${port}`,
      vantage: workstation,
      expected: `valid today, of the cluster, for ${hosts.join(' and ')}`,
      saw: faults.length === 0 ? certificateText(certificate) : faults.join('; '),
      held: faults.length === 0,
    });
    control({
      subject: `${what}, asked for an address that nobody has, ${lan.unused}`,
      vantage: workstation,
      expected: 'not for it',
      saw: certificate.isFor(lan.unused) ? 'for it' : 'not for it',
      held: !certificate.isFor(lan.unused),
    });
  }
});

check(requirements['NODE-CERT-SANS'], async ({ cluster, observe, control, signal }) => {
  const { lan } = cluster.documented;
  const [kubernetes, talos] = await authorities(cluster);
  const names = certificateNames(cluster.documented);
  const shown = await Promise.all(
    controlPlanes(cluster).flatMap((node) => [
      shownBy(node, { what: 'Kubernetes API', port: apiPort, authority: kubernetes }, signal),
      shownBy(node, { what: 'Talos API', port: talosPort, authority: talos }, signal),
    ]),
  );
  for (const { subject, certificate } of shown) {
    observe(
      equal(`${subject}: documented names that the certificate is for`, {
        expected: names,
        saw: names.filter((name) => certificate.isFor(name)),
        vantage: workstation,
      }),
    );
    control({
      subject: `${subject}, asked for ${lan.unused}`,
      vantage: workstation,
      expected: 'refused for the name, and not for the authority',
      saw: `${certificate.isFor(lan.unused) ? 'accepted' : 'refused'} for the name; authority: ${certificate.distrust ?? 'trusted'}`,
      held: !certificate.isFor(lan.unused) && certificate.distrust === undefined,
    });
  }
});

async function shownBy(
  { name, address }: DocumentedNode,
  { what, ...server }: { what: string; port: number; authority: string },
  signal: AbortSignal,
): Promise<{ subject: string; certificate: ShownCertificate }> {
  return { subject: `${what} of ${name}`, certificate: await shownCertificate({ address, ...server }, signal) };
}

/** PEM: of the Kubernetes API (Kubernetes: RootCAConfigMap), and of the Talos API. */
async function authorities({ kubernetes, descriptor }: Cluster): Promise<[string, string]> {
  if (descriptor.talosconfig === undefined) throw new Error(`provider ${descriptor.provider} gives no talosconfig`);
  const [{ data }, { ca }] = await Promise.all([
    kubernetes.core.readNamespacedConfigMap({ namespace: 'kube-system', name: 'kube-root-ca.crt' }),
    readTalosconfig(descriptor.talosconfig),
  ]);
  const own = data?.['ca.crt'];
  if (own === undefined) throw new Error('ConfigMap kube-root-ca.crt has no ca.crt');
  if (ca === undefined) throw new Error('the talosconfig names no authority');
  return [own, ca];
}
