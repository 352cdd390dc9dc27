import { join } from 'node:path';
import type { DocumentedCluster, DocumentedNode, Profile } from '../../../guide/cluster.ts';
import { writeFiles } from '../files.ts';
import type { ClusterPki } from '../pki/cluster-pki.ts';
import { machineConfiguration, schematics } from './machine-config.ts';

/** Guide: Hardware Requirements, OS disk of every node. */
const osDiskBytes = 50 * 1024 ** 3;

/** Extensions of the image factory's set; E12: Longhorn needs util-linux-tools too, and the guide's set lacks it. */
const extensions: Readonly<Record<Profile, readonly { name: string; version: string; description: string }[]>> = {
  'as-written': [
    { name: 'iscsi-tools', version: 'v0.2.0', description: 'iSCSI initiator' },
    { name: 'vmtoolsd-guest-agent', version: 'v1.4.0', description: 'VMware guest agent' },
  ],
  corrected: [
    { name: 'iscsi-tools', version: 'v0.2.0', description: 'iSCSI initiator' },
    { name: 'util-linux-tools', version: '2.41.2', description: 'fstrim, nsenter and others' },
    { name: 'vmtoolsd-guest-agent', version: 'v1.4.0', description: 'VMware guest agent' },
  ],
};

export interface TalosStateFacts {
  readonly profile: Profile;
  readonly cluster: DocumentedCluster;
  readonly node: DocumentedNode;
  readonly pki: ClusterPki;
}

/** Writes what a node's Talos API starts from to the node's disk: machine configuration, certificates, hardware. */
export async function writeTalosState(folder: string, { profile, cluster, node, pki }: TalosStateFacts): Promise<void> {
  const certificates = await pki.talos.nodeFiles(node);
  const files = {
    'config.yaml': machineConfiguration({ profile, cluster, node, talos: pki.talos, secrets: pki.secrets }),
    'hardware.json': JSON.stringify({
      osDisk: { name: 'sda', bytes: osDiskBytes },
      extensions: extensions[profile],
      schematic: schematics[profile],
      members: cluster.nodes.map(({ name, address, role }) => ({
        name,
        address,
        role: role === 'control-plane' ? 'controlplane' : 'worker',
      })),
    }),
    ...Object.fromEntries(Object.entries(certificates).map(([name, text]) => [`pki/${name}`, text])),
  };
  await writeFiles(join(folder, 'disk/etc/talos'), files, 0o600);
}
