import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { controlPlanes } from '../documented-nodes.ts';

/** A node that is on its way down or up answers late or never. */
const answerMs = 1500;

/** Waits until exactly one control plane, another one than `not`, says over the Talos API that it has the virtual address. */
export async function vipHolder(
  { cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  { not, timeoutMs }: { not?: string; timeoutMs: number },
): Promise<{ name: string; address: string }> {
  const { vip } = cluster.documented;
  return until(
    `one control plane${not === undefined ? '' : ` other than ${not}`} to hold ${vip.address}`,
    { timeoutMs, everyMs: 250, signal },
    async () => {
      const asked = await Promise.all(
        controlPlanes(cluster).map(async ({ name, address }) => {
          const list = await attempt(signal, () =>
            withTalos(cluster, (talos) => talos.node().list<{ address: string }>('addresses'), {
              endpoints: [address],
              timeoutMs: answerMs,
            }),
          );
          return list.kind === 'done' && list.value.some((each) => each.spec.address === `${vip.address}/32`) ? [{ name, address }] : [];
        }),
      );
      const [holder, ...others] = asked.flat();
      return holder === undefined || others.length > 0 || holder.name === not
        ? {
            notYet:
              asked
                .flat()
                .map(({ name }) => name)
                .join(', ') || 'nobody',
          }
        : { done: holder };
    },
  );
}
