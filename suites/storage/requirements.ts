import { requirementsOf } from '../../harness/platform/capabilities.ts';

/** Longhorn on three worker disks: placement, access modes, survival of a node, capacity. */
export const requirements = requirementsOf('storage', {
  'STOR-CLASS-DEFAULT': {
    promise: '`longhorn` is the only default StorageClass, provisioned by driver.longhorn.io.',
    guide: ['Install Longhorn', 'Storage Class Issues'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'longhorn'],
    fault: 'Mark a second StorageClass as default.',
  },
});
