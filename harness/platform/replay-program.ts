import { z } from 'zod';
import { replay } from '../engine/changes/replay-journal.ts';
import { emit } from '../engine/runner/emit.ts';
import { readTask } from '../engine/runner/task.ts';
import { changedCluster } from './changed-cluster.ts';
import { connectDescribed } from './cluster.ts';
import { clusterDescriptor } from './descriptor.ts';

const task = z.object({ kubeconfig: z.string(), profile: clusterDescriptor.shape.profile, journal: z.string() });

/** Started by replay.ts: takes back what a journal still has. */
const { kubeconfig, profile, journal } = task.parse(readTask());
const { undone, left } = await replay(changedCluster(connectDescribed({ kubeconfig, profile })), journal);
for (const text of undone) emit({ kind: 'undone', text });
for (const text of left) emit({ kind: 'left-behind', text });
emit({ kind: 'ended' });
