import { join } from 'node:path';
import type { Profile } from '../../guide/cluster.ts';

/** The errata that each corrected file of the reader's folder mends; the file's own first lines say how. */
export const scriptCorrections: Readonly<Record<string, readonly string[]>> = {
  'apply-tenant-isolation.sh': ['E39', 'E40', 'E41', 'E42', 'E44', 'E45', 'E65', 'E85', 'E86', 'E87', 'E92'],
  'canine-onboarding.sh': ['E36', 'E37'],
  'canine-values.yaml': ['E36', 'E87'],
  'configuration-backup.sh': ['E01', 'E14', 'E57', 'E58'],
  'etcd-snapshot.sh': ['E08', 'E14', 'E58'],
  'monthly-invoice.sh': ['E33', 'E34', 'E75', 'E77', 'E79'],
  'opencost-values.yaml': ['E29', 'E78'],
  'provision-tenant.sh': ['E37', 'E38', 'E84', 'E86', 'E92', 'E93'],
  'tenant-cost-report.sh': ['E33', 'E75'],
};

/** The folder with the scripts that the guide's reader creates, as written or corrected. */
export function guideScripts(profile: Profile): string {
  return join(import.meta.dirname, 'scripts', profile);
}
