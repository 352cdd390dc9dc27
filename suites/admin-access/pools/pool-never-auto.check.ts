import { addressesOf } from '../../../guide/address.ts';
import { noneOf } from '../../../harness/engine/measured.ts';
import { addressPools, poolText } from '../../../harness/platform/metallb/address-pools.ts';
import { anAddress, automaticChoice, givenWhenFreed } from '../../fixtures/allocation.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { holderText, holdersOf, poolsWith } from './pool-holders.ts';

check(
  requirements['ADM-POOL-NEVER-AUTO'],
  async ({ cluster, control, hint, observe }, { fullTenantPool }) => {
    const { pools } = cluster.documented;
    hint(async () => `kubectl get ipaddresspools -n metallb-system -o yaml: autoAssign of the pool that has ${pools.admin.first}`);
    const [seen, listed] = await Promise.all([addressPools(cluster.kubernetes), cluster.kubernetes.core.listServiceForAllNamespaces()]);
    observe(
      noneOf('pools that give addresses of the administrators to all who ask for nothing', {
        saw: poolsWith(seen, pools.admin)
          .filter(({ autoAssign }) => autoAssign)
          .map(poolText),
      }),
    );
    observe(
      noneOf('Services that have an address of the administrators and did not ask', {
        saw: holdersOf(listed.items, pools.admin)
          .filter(({ asked }) => !asked)
          .map(holderText),
      }),
    );
    const tenantAddresses = addressesOf(pools.tenant).length;
    for (const measured of automaticChoice(fullTenantPool, { admin: pools.admin, tenantAddresses })) observe(measured);
    const { platform } = fullTenantPool;
    control(anAddress(`address of a platform's Service that asks for ${platform.address}`, platform.got, platform.address));
    control(givenWhenFreed(fullTenantPool));
  },
  { changes: ['address-pools'], deadlineMs: 240_000 },
);
