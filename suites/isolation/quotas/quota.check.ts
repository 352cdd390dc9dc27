import type { CheckContext } from '../../../harness/platform/check.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { check } from '../../fixtures/check.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { admitted, admittedAgain, allAdmitted, refused, removeNow, tryToMake } from '../admission.ts';
import { type Cap, caps } from './caps.ts';
import { countedQuota } from './counted-quota.ts';
import { livingUses, observeLivingQuotas } from './living-quotas.ts';
import { quotaNumbers } from './promised-numbers.ts';

for (const cap of caps)
  check(
    cap.requirement,
    async (context) => {
      context.hint(async () => 'kubectl get resourcequota -A -o yaml; NS=<namespace> ./apply-tenant-isolation.sh puts the numbers back');
      await Promise.all([observeLivingQuotas(context, cap.resource), observeBoundary(context, cap)]);
    },
    livingUses,
  );

/**
 * Fills a quota to its last step, sees the next step refused by it, and admitted again when there is room. In a tenant of its
 * own: after a deletion the quota is counted anew from a cache that lags, and an object that another check makes meanwhile is not in it.
 */
async function observeBoundary(context: CheckContext, { resource, fill, beyond }: Cap): Promise<void> {
  const { cluster, observe, control, signal } = context;
  const { kubernetes } = cluster;
  const { namespace } = await scratchTenant(context);
  const hard = quotaNumbers[resource];
  // Every namespace has a ConfigMap of the cluster's own, which comes a moment after the quota.
  const before = await countedQuota(
    context,
    namespace,
    (used) => used[resource] !== undefined && (resource !== 'count/configmaps' || used[resource] !== '0'),
  );
  const objects = fill(namespace, Number(before.used[resource] ?? 0));
  const answers = await Promise.all(objects.map((object) => tryToMake(kubernetes, object, { signal })));
  control(allAdmitted(`the objects that fill ${resource}`, answers));
  const full = await countedQuota(context, namespace, (used) => used[resource] === hard);
  observe(equal(`${resource} of a new tenant`, { expected: hard, saw: full.hard[resource] ?? 'not limited' }));
  observe(equal(`${resource} of a new tenant in use`, { expected: hard, saw: full.used[resource] ?? 'not counted' }));
  for (const [index, make] of beyond.entries())
    observe(
      refused(
        `one step more of ${resource}${index === 0 ? '' : ', by another type'}`,
        await tryToMake(kubernetes, make(namespace, `conform-beyond-${index}`), { signal }),
        { words: ['exceeded quota', resource] },
      ),
    );
  const [first] = objects;
  if (first === undefined) throw new Error(`${resource} was full before`);
  await removeNow(context, first);
  control(admitted('the same, when there is room again', await admittedAgain(context, beyond[0](namespace, 'conform-again'))));
}
