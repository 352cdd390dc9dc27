import { connectKubernetes } from '../../platform/kubernetes/kubernetes.ts';
import { undoChanges, undoText } from './changes.ts';
import { openJournal, readJournal } from './journal.ts';
import { leftMark } from '../runner/marks.ts';
import { undoneMark } from './replay.ts';

/** Started by replay.ts: `replay-program.ts <kubeconfig> <journal>`, both files. */
const [kubeconfig = '', file = ''] = process.argv.slice(2);
const kubernetes = connectKubernetes(kubeconfig);
const { open } = readJournal(file);
const journal = openJournal(file);
const left = await undoChanges(
  kubernetes,
  open.map(({ undo }) => undo),
);
for (const { id, undo } of open) {
  const kept = left.find((each) => each.undo === undo);
  if (kept === undefined) journal.undone(id);
  process.stdout.write(`${kept === undefined ? `${undoneMark}${undoText(undo)}` : `${leftMark}${kept.text.replaceAll('\n', ' ')}`}\n`);
}
journal.close();
