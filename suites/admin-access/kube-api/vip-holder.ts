import { errorText } from '../../../harness/engine/error-text.ts';
import { patient } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { controlPlanes } from '../documented-nodes.ts';

/** A node that is on its way down or up answers late or never. */
const quietAnswerMs = 1500;

interface Holder {
  readonly name: string;
  readonly address: string;
}

type Look = Pick<CheckContext, 'cluster' | 'signal'>;

/** Waits until exactly one control plane, another one than `not`, says over the Talos API that it has the virtual address. */
export async function vipHolder(look: Look, { not, timeoutMs }: { not?: string; timeoutMs: number }): Promise<Holder> {
  const { vip } = look.cluster.documented;
  const other = not === undefined ? '' : ` other than ${not}`;
  return until(`one control plane${other} to hold ${vip.address}`, { timeoutMs, everyMs: 250, signal: look.signal }, async () => {
    const answers = await Promise.all(controlPlanes(look.cluster).map((node) => answerOf(look, node)));
    const [holder, ...others] = answers.flatMap((answer) => (answer.kind === 'holds' ? [answer.node] : []));
    const isSettled = holder !== undefined && others.length === 0 && holder.name !== not;
    return isSettled ? { done: holder } : { notYet: answers.map(answerText).join(', ') };
  });
}

type Answer =
  | { readonly kind: 'holds' | 'does not hold'; readonly node: Holder }
  /** While a node restarts it does not answer: the wait goes on, and its error is told at its end. */
  | { readonly kind: 'no answer'; readonly node: Holder; readonly text: string };

async function answerOf({ cluster, signal }: Look, node: Holder): Promise<Answer> {
  const { vip } = cluster.documented;
  try {
    const options = { endpoints: [node.address], timeoutMs: patient(quietAnswerMs) };
    const list = await withTalos(cluster, (talos) => talos.node().list<{ address: string }>('addresses'), options);
    const holds = list.some(({ spec }) => spec.address === `${vip.address}/32`);
    return { kind: holds ? 'holds' : 'does not hold', node };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'no answer', node, text: errorText(error) };
  }
}

function answerText(answer: Answer): string {
  return `${answer.node.name} ${answer.kind === 'no answer' ? answer.text : answer.kind}`;
}
