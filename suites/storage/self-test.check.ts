import { readFile } from 'node:fs/promises';
import { promised } from '../../guide/limits.ts';
import { equal, lateIf, noneOf } from '../../harness/engine/measured.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CommandAnswer } from '../../harness/platform/cluster.ts';
import { inTime } from '../fixtures/in-time.ts';
import { check } from './check.ts';
import { requirements } from './requirements.ts';
import { arrived, scratchNamespace } from './scratch-volumes.ts';

/** Guide: Verify Longhorn Storage. */
const text = 'Longhorn OK';
const documented = {
  write: ['exec', 'test-pod', '--', 'sh', '-c', `echo '${text}' > /data/test.txt`],
  read: ['exec', 'test-pod', '--', 'cat', '/data/test.txt'],
  removals: [
    ['delete', 'pod', 'test-pod'],
    ['delete', 'pvc', 'test-pvc'],
  ],
};
const { selfTestMs } = promised.storage;
const vantage = 'admin workstation';

check(
  requirements['STOR-SELF-TEST'],
  async (context, { heldVolume }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'the commands of Verify Longhorn Storage, one after the other; kubectl describe pod test-pod');
    if (arrived(context, 'a volume of the class', heldVolume) === undefined) return;
    const namespace = await scratchNamespace(context);
    const kubectl = (args: readonly string[], input?: string): Promise<CommandAnswer> =>
      cluster.runAsReader(['kubectl', '--kubeconfig=kubeconfig', '-n', namespace, ...args], signal, input);
    const applied = await kubectl(['apply', '-f', '-'], await readFile(`${import.meta.dirname}/self-test.yaml`, 'utf8'));
    observe(equal('kubectl apply of the documented claim and pod', { expected: 'done', saw: ended(applied), vantage }));
    const running = await inTime(() =>
      until('test-pod to run', { timeoutMs: selfTestMs, everyMs: 1000, signal }, async () => {
        const { status } = await cluster.kubernetes.core.readNamespacedPod({ namespace, name: 'test-pod' });
        return status?.phase === 'Running' ? { done: undefined } : { notYet: status?.phase ?? 'no phase' };
      }),
    );
    const isLate = running.kind === 'late';
    const saw = isLate ? running.text : 'Running';
    observe({
      subject: 'test-pod',
      vantage: 'Kubernetes API',
      expected: `Running within ${selfTestMs / 1000} s`,
      saw,
      held: !isLate,
      ...lateIf(isLate),
    });
    if (isLate) return;
    const early = await kubectl(documented.read);
    control({ subject: 'the text before it is written', vantage, expected: 'cannot be read', saw: ended(early), held: early.code !== 0 });
    observe(equal('the documented write', { expected: 'done', saw: ended(await kubectl(documented.write)), vantage }));
    const read = await kubectl(documented.read);
    observe(equal('the text that is read back', { expected: text, saw: read.code === 0 ? read.stdout.trim() : ended(read), vantage }));
    for (const removal of documented.removals) {
      const answer = ended(await kubectl(removal));
      observe(equal(`kubectl ${removal.join(' ')}`, { expected: 'done', saw: answer, vantage }));
    }
    const left = await kubectl(['get', 'pods,pvc', '-o', 'name']);
    observe(noneOf('what the test leaves behind', { saw: left.stdout.split('\n').filter((line) => line.includes('test-p')), vantage }));
  },
  { uses: ['longhorn'], deadlineMs: 600_000 },
);

function ended({ code, stderr }: CommandAnswer): string {
  return code === 0 ? 'done' : `exit code ${code}: ${stderr.trim().slice(0, 200)}`;
}
