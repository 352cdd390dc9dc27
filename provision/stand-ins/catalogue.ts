/** Programs of the stand-ins: the name that a node's service or an image's entry point uses, and the file that it starts from. */
export const programs: Readonly<Record<string, string>> = {
  'talos-vip': 'talos/vip.ts',
  'talos-apid': 'talos/apid.ts',
  talosctl: 'talos/talosctl.ts',
  registry: 'registry/registry.ts',
  'canine-web': 'canine/web.ts',
  'opencost-ui': 'opencost/ui-container.ts',
  'longhorn-instance-manager': 'longhorn/data/instance-manager.ts',
  'longhorn-share-manager': 'longhorn/data/share-manager.ts',
  'longhorn-csi-plugin': 'longhorn/csi/plugin.ts',
  'longhorn-csi-attacher': 'longhorn/csi/attacher.ts',
  'longhorn-manager': 'longhorn/manager/main.ts',
  'longhorn-ui': 'longhorn/ui/main.ts',
};
