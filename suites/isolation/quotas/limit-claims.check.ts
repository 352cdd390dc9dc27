import { patience } from '../../../harness/engine/patience.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import { admitted, judged, refused, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { claim } from '../tenant-objects.ts';
import { check } from './check.ts';
import { observeLivingClaims, observeLivingLimits } from './living-limits.ts';
import { livingUses } from './living-quotas.ts';
import { limitNumbers } from './promised-numbers.ts';

const max = limitNumbers.PersistentVolumeClaim.max.storage;
const min = limitNumbers.PersistentVolumeClaim.min.storage;

check(
  requirements['ISO-LIMIT-PVC-MIN'],
  async (context, { limitedTenant: { namespace } }) => {
    const { observe, control } = context;
    await observeLivingLimits(context, [{ type: 'PersistentVolumeClaim', name: 'min' }]);
    await observeLivingClaims(context, 'min');
    control(admitted(`a claim of ${min}`, await askFor(context, namespace, min)));
    observe(
      refused('a claim of 1023Mi', await askFor(context, namespace, '1023Mi'), {
        words: [`minimum storage usage per PersistentVolumeClaim is ${min}`],
      }),
    );
  },
  livingUses,
);

check(
  requirements['ISO-LIMIT-PVC-MAX'],
  async (context, { limitedTenant: { namespace } }) => {
    const { changes, observe, control } = context;
    await observeLivingLimits(context, [{ type: 'PersistentVolumeClaim', name: 'max' }]);
    await observeLivingClaims(context, 'max');
    const words = [`maximum storage usage per PersistentVolumeClaim is ${max}`];
    control(admitted(`a claim of ${max}`, await askFor(context, namespace, max)));
    observe(refused('a claim of 21Gi', await askFor(context, namespace, '21Gi'), { words }));
    // An expansion is tried on a claim that is bound, of the guide's own class; as dry runs, so that nothing grows.
    const bound = claim(namespace, 'conform-bound', { size: min, storageClass: 'longhorn' });
    await changes.create(bound);
    const grown = await expandedOnceBound(context, namespace);
    control({ ...admitted('the bound claim grown to 6Gi', grown), expected: '200', held: grown.status === 200 });
    observe(refused('the bound claim grown to 21Gi', await expand(context, namespace, '21Gi'), { words }));
  },
  livingUses,
);

/** A claim of a class that provisions nothing, as a dry run. */
async function askFor({ cluster, signal }: CheckContext, namespace: string, size: string): Promise<ApiAnswer> {
  return tryToMake(cluster.kubernetes, claim(namespace, 'conform-edge', { size, storageClass: 'conform-none' }), { signal, dryRun: true });
}

async function expand({ cluster, signal }: CheckContext, namespace: string, size: string): Promise<ApiAnswer> {
  const answer = await cluster.kubernetes.request(
    {
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/persistentvolumeclaims/conform-bound?dryRun=All`,
      body: { spec: { resources: { requests: { storage: size } } } },
    },
    signal,
  );
  return judged(`a claim grown to ${size}`, answer);
}

/** A claim can only grow when it is bound; the last answer when it is not in time. Throws when the API cannot be asked. */
async function expandedOnceBound(context: CheckContext, namespace: string): Promise<ApiAnswer> {
  let last: ApiAnswer | undefined;
  try {
    return await until('the claim to be bound', { timeoutMs: patience('podReady'), everyMs: 1000, signal: context.signal }, async () => {
      last = await expand(context, namespace, '6Gi');
      return last.status === 200 ? { done: last } : { notYet: last.message };
    });
  } catch (error) {
    if (error instanceof WaitTimeout && last !== undefined) return last;
    throw error;
  }
}
