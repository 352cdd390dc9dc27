import type { CheckContext } from '../../../harness/platform/check.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { check } from '../../fixtures/check.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { allAdmitted, refused, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { smallPod } from './caps.ts';
import { countedQuota } from './counted-quota.ts';
import { livingUses, observeLivingQuotas } from './living-quotas.ts';
import { quotaNumbers } from './promised-numbers.ts';

const most = quotaNumbers['count/pods'];
/** As many as fit beside each other in requests.cpu; finished ones give their CPU back, and still count. */
const atATime = 10;

check(
  requirements['ISO-QUOTA-PODS'],
  async (context) => {
    const { cluster, observe, control, signal } = context;
    await observeLivingQuotas(context, 'count/pods');
    const { namespace } = await scratchTenant(context);
    for (let made = 0; made < Number(most); made += atATime)
      await finishedPods(
        context,
        namespace,
        Array.from({ length: atATime }, (_, index) => `conform-fill-${made + index}`),
      );
    const { used } = await countedQuota(context, namespace, (counted) => counted['count/pods'] === most);
    observe(equal('count/pods in use, by finished pods', { expected: most, saw: used['count/pods'] ?? 'not counted' }));
    observe(
      refused('one pod more', await tryToMake(cluster.kubernetes, smallPod(namespace, 'conform-beyond'), { signal }), {
        words: ['exceeded quota', 'count/pods'],
      }),
    );
    control(equal('requests.cpu in use, so that only the count can refuse', { expected: '0', saw: used['requests.cpu'] ?? 'not counted' }));
  },
  livingUses,
);

/** Makes pods, has them finished, and waits until their CPU is given back. */
async function finishedPods(context: CheckContext, namespace: string, names: readonly string[]): Promise<void> {
  const { cluster, control, signal } = context;
  const answers = await Promise.all(names.map((name) => tryToMake(cluster.kubernetes, smallPod(namespace, name), { signal })));
  control(allAdmitted(`${names.length} pods more`, answers));
  const finished = await Promise.all(
    names.map((name) =>
      cluster.kubernetes.request(
        { method: 'PATCH', path: `/api/v1/namespaces/${namespace}/pods/${name}/status`, body: { status: { phase: 'Succeeded' } } },
        signal,
      ),
    ),
  );
  const failed = finished.find(({ status }) => status !== 200);
  if (failed !== undefined) throw new Error(`a pod could not be finished: ${failed.status} ${failed.message}`);
  await countedQuota(context, namespace, (used) => used['requests.cpu'] === '0');
}
