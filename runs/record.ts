import { execa } from 'execa';
import { documentedCluster } from '../guide/cluster.ts';
import { runRecord, runRecordVersion, type RunRecord } from '../harness/engine/run-record.ts';
import type { RunOutcome } from '../harness/engine/runner/run-checks.ts';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';

/** The command that the user gave. */
export function commandLine(): string {
  return `conform ${process.argv.slice(2).join(' ')}`;
}

/** The record of a run: the one thing that every report is made of. */
export async function assemble(
  cluster: ClusterDescriptor,
  { runId, startedAt }: { runId: string; startedAt: Date },
  { results, matrices }: RunOutcome,
): Promise<RunRecord> {
  const revision = await execa('git', ['-C', import.meta.dirname, 'rev-parse', '--short', 'HEAD'], { reject: false });
  return runRecord.parse({
    schemaVersion: runRecordVersion,
    run: {
      id: runId,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      command: commandLine(),
      product: { version: '0.1.0', revision: revision.exitCode === 0 ? revision.stdout : 'unknown' },
    },
    cluster: {
      provider: cluster.provider,
      name: cluster.name,
      profile: cluster.profile,
      kubernetesVersion: documentedCluster(cluster.profile).versions.kubernetes,
      nodes: documentedCluster(cluster.profile).nodes,
      capabilities: cluster.capabilities,
      steps: cluster.steps,
    },
    results,
    matrices,
  } satisfies RunRecord);
}
