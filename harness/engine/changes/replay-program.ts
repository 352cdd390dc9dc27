import { z } from 'zod';
import { connectKubernetes } from '../../platform/kubernetes/kubernetes.ts';
import { emit } from '../runner/emit.ts';
import { readTask } from '../runner/task.ts';
import { undoChanges, undoText } from './changes.ts';
import { openJournal, readJournal } from './journal.ts';

/** Started by replay.ts: takes back what a journal still has. */
const { kubeconfig, journal: file } = z.object({ kubeconfig: z.string(), journal: z.string() }).parse(readTask());
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
  emit(kept === undefined ? { kind: 'undone', text: undoText(undo) } : { kind: 'left-behind', text: kept.text });
}
journal.close();
emit({ kind: 'ended' });
