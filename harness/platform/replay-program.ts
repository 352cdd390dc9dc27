import { replay } from '../engine/changes/replay-journal.ts';
import { leftMark } from '../engine/runner/marks.ts';
import { changedCluster } from './changed-cluster.ts';
import { connectDescribed } from './cluster.ts';
import { clusterDescriptor } from './descriptor.ts';
import { undoneMark } from './replay.ts';

/** Started by replay.ts: `replay-program.ts <kubeconfig> <profile> <journal>`; the first and the last are files. */
const [kubeconfig = '', profile = '', file = ''] = process.argv.slice(2);
const kubernetes = connectDescribed({ kubeconfig, profile: clusterDescriptor.shape.profile.parse(profile) });
const { undone, left } = await replay(changedCluster(kubernetes), file);
for (const text of undone) process.stdout.write(`${undoneMark}${text}\n`);
for (const text of left) process.stdout.write(`${leftMark}${text.replaceAll('\n', ' ')}\n`);
