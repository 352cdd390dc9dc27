/** Programs of the stand-ins: the name that a node's service or an image's entry point uses, and the file that it starts from. */
export const programs: Readonly<Record<string, string>> = {
  'talos-vip': 'talos/vip.ts',
  'talos-apid': 'talos/apid.ts',
  talosctl: 'talos/talosctl.ts',
  'canine-web': 'canine/web.ts',
  'opencost-ui': 'opencost/ui-container.ts',
  tgtd: 'iscsi/tgtd.ts',
  'csi-node-driver-registrar': 'csi-sidecars/node-driver-registrar.ts',
  'csi-liveness-probe': 'csi-sidecars/liveness-probe.ts',
  'longhorn-ui': 'longhorn-ui/main.ts',
  'velero-plugin-for-aws': 'velero-aws/plugin.ts',
};

/** Shell programs of the stand-ins: where each lies in their folder, and the file that it is. A node has those of sbin in its /sbin. */
export const scripts: Readonly<Record<string, string>> = {
  'bin/tgtd': 'iscsi/tgtd.sh',
  'bin/tgtadm': 'iscsi/tgtadm.sh',
  'bin/ganesha.nfsd': 'nfs/ganesha.nfsd.sh',
  'bin/velero-plugin-for-aws': 'velero-aws/velero-plugin-for-aws.sh',
  'sbin/iscsiadm': 'iscsi/iscsiadm.sh',
  'sbin/mount.nfs': 'nfs/mount.nfs.sh',
  'sbin/nfs-connect': 'nfs/nfs-connect.sh',
};
