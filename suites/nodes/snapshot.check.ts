import type { CheckContext } from '../../harness/platform/check.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { check } from '../fixtures/check.ts';
import { atWorkstation, endText } from '../isolation/provisioning/guide-script.ts';
import { type ReaderCopy, filesIn, readerCopy } from './reader-copy.ts';
import { requirements } from './requirements.ts';
import { type Restored, restoredFrom, snapshotsIn } from './restored.ts';

/** Nobody of the workstation listens there; each takes the next one too, and both checks may run at the same time. */
const ports = { snapshot: 32_379, restore: 32_389 };
/** Where Kubernetes keeps its nodes; no check makes or removes one. */
const nodes = '/registry/minions/';
const procedure = ['bash', './etcd-snapshot.sh'];

check(requirements['NODE-ETCD-SNAPSHOT'], async (context) => {
  const { observe, control, hint } = context;
  hint(async () => 'talosctl -e 192.168.29.11 -n 192.168.29.11 etcd snapshot FILE: where is the file then (E08)?');
  const copy = await readerCopy(context);
  const revision = await revisionNow(context);
  const file = await snapshotBy(context, copy);
  if (file === undefined) return;
  const whole = await restored(copy, { file, flip: 'whole', port: ports.snapshot, keys: [nodes] });
  observe({
    subject: 'revision of the snapshot',
    vantage: atWorkstation,
    expected: `at least ${revision}, that of the moment before`,
    saw: whole.kind === 'restored' ? String(whole.revision) : `refused: ${whole.reason}`,
    held: whole.kind === 'restored' && whole.revision >= revision,
  });
  const flipped = await restored(copy, { file, flip: 'flipped', port: ports.snapshot, keys: [] });
  control({
    subject: 'the same snapshot with one byte changed',
    vantage: atWorkstation,
    expected: 'refused',
    saw: flipped.kind,
    held: flipped.kind === 'refused',
  });
});

check(
  requirements['NODE-ETCD-RESTORE'],
  async (context) => {
    const { cluster, changes, observe, control, signal } = context;
    const copy = await readerCopy(context);
    const value = nonce();
    const marker = (name: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `conform-${name}-${value}`, namespace: 'default' },
    });
    const keyOf = (name: string): string => `/registry/configmaps/default/conform-${name}-${value}`;
    await changes.create(marker('before'));
    const file = await snapshotBy(context, copy);
    if (file === undefined) return;
    await changes.create(marker('after'));
    const { items } = await cluster.kubernetes.core.listNode();
    const state = await restored(copy, { file, flip: 'whole', port: ports.restore, keys: [nodes, keyOf('before'), keyOf('after')] });
    const isThere = (name: string): boolean => state.kind === 'restored' && state.there.includes(keyOf(name));
    const saw = (name: string): string => (state.kind === 'refused' ? `refused: ${state.reason}` : isThere(name) ? 'there' : 'absent');
    observe({
      subject: 'an object written before the snapshot, in the restored etcd',
      vantage: atWorkstation,
      expected: 'there',
      saw: saw('before'),
      held: isThere('before'),
    });
    observe({
      subject: 'an object written after the snapshot, in the restored etcd',
      vantage: atWorkstation,
      expected: 'absent',
      saw: saw('after'),
      held: state.kind === 'restored' && !isThere('after'),
    });
    const count = state.kind === 'restored' ? (state.counts.get(nodes) ?? 0) : 0;
    observe({
      key: 'nodes in the restored etcd',
      subject: 'nodes in the restored etcd',
      vantage: atWorkstation,
      expected: String(items.length),
      saw: String(count),
      held: count === items.length,
    });
    for (const name of ['before', 'after']) {
      const live = await cluster.kubernetes.raw.read(marker(name), signal);
      control({
        subject: `the object written ${name} the snapshot, in the living cluster`,
        vantage: 'Kubernetes API',
        expected: 'there',
        saw: live === undefined ? 'absent' : 'there',
        held: live !== undefined,
      });
    }
  },
  { deadlineMs: 240_000 },
);

/** Runs the procedure of the guide, and says which snapshot it has left; none is an observation. */
async function snapshotBy({ observe }: CheckContext, copy: ReaderCopy): Promise<string | undefined> {
  const answer = await copy.run(procedure);
  const left = snapshotsIn(await filesIn(copy));
  observe({
    subject: 'dated snapshots that the procedure leaves in the folder',
    vantage: atWorkstation,
    expected: 'exit code 0, one',
    saw: `${endText(answer)}, ${left.join(', ') || 'none'}`,
    held: answer.code === 0 && left.length === 1,
  });
  return answer.code === 0 && left.length === 1 ? left[0] : undefined;
}

interface Restoring {
  readonly file: string;
  readonly flip: 'whole' | 'flipped';
  readonly port: number;
  /** Keys, and prefixes that end with a slash. */
  readonly keys: readonly string[];
}

async function restored(copy: ReaderCopy, { file, flip, port, keys }: Restoring): Promise<Restored> {
  return restoredFrom(await copy.tell('restore-snapshot.sh', [file, String(port), flip, ...keys]));
}

/** The version of a list that was just read is the revision of etcd (Kubernetes: API concepts, resource versions). */
async function revisionNow({ cluster }: CheckContext): Promise<number> {
  const { metadata } = await cluster.kubernetes.core.listNamespace();
  return Number(metadata?.resourceVersion);
}
