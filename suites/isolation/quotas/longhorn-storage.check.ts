import { check } from '../../fixtures/check.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { admitted, allAdmitted, refused, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { claim } from '../tenant-objects.ts';
import { countedQuota } from './counted-quota.ts';
import { livingUses, observeLivingQuotas } from './living-quotas.ts';

const resource = 'longhorn.storageclass.storage.k8s.io/requests.storage';

check(
  requirements['ISO-QUOTA-STORAGE-LONGHORN'],
  async (context) => {
    const { cluster, changes, observe, control, signal } = context;
    await observeLivingQuotas(context, resource);
    const { namespace } = await scratchTenant(context);
    // Above the total, so that only the cap of the class can refuse; the class is asked for, and nothing waits for its volumes.
    await changes.patch(
      { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'tenant-quota', namespace } },
      { spec: { hard: { 'requests.storage': '80Gi' } } },
    );
    await countedQuota(context, namespace, (used) => used['requests.storage'] !== undefined);
    const ask = async (size: string, storageClass: string, name: string) =>
      tryToMake(cluster.kubernetes, claim(namespace, name, { size, storageClass }), { signal });
    const filled = await Promise.all(['20Gi', '20Gi', '10Gi'].map((size, index) => ask(size, 'longhorn', `conform-fill-${index}`)));
    control(allAdmitted('claims of 20Gi, 20Gi and 10Gi of class longhorn', filled));
    observe(refused('1Gi more of class longhorn', await ask('1Gi', 'longhorn', 'conform-beyond'), { words: ['exceeded quota', resource] }));
    control(admitted('1Gi more of another class', await ask('1Gi', 'conform-none', 'conform-other')));
  },
  // Its claims take room on Longhorn's disks.
  { uses: [...livingUses.uses, 'longhorn'] },
);
