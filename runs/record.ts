import { execa } from 'execa';
import packageJson from '../package.json' with { type: 'json' };
import { type Capability, type RunRecord, runRecord, runRecordVersion } from '../harness/engine/run-record.ts';
import type { RunOutcome } from '../harness/platform/run-checks.ts';
import type { ClusterSurvey } from '../harness/engine/survey.ts';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import { versionedCapabilities } from '../harness/platform/versions.ts';
import { likelyCauses } from './causes.ts';

/** The version of this product. */
export const productVersion = packageJson.version;

/** The command that the user gave. */
export function commandLine(): string {
  return `conform ${process.argv.slice(2).join(' ')}`;
}

/** The record of a run: the one thing that every report is made of. */
export async function assemble(
  cluster: ClusterDescriptor,
  { runId, startedAt }: { readonly runId: string; readonly startedAt: Date },
  { results, matrices, survey, access }: RunOutcome,
): Promise<RunRecord> {
  const { provider, name, profile, capabilities, steps } = cluster;
  return runRecord.parse({
    schemaVersion: runRecordVersion,
    run: {
      id: runId,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      command: commandLine(),
      product: { version: productVersion, revision: await revision() },
      access,
    },
    cluster: { provider, name, profile, survey, capabilities: withSeenVersions(capabilities, survey), steps },
    causes: likelyCauses({ survey, results }),
    results,
    matrices,
  } satisfies RunRecord);
}

async function revision(): Promise<string> {
  const { exitCode, stdout } = await execa('git', ['-C', import.meta.dirname, 'rev-parse', '--short', 'HEAD'], { reject: false });
  return exitCode === 0 ? stdout : 'unknown';
}

/** The version of an installed product is the one that the cluster told, or unknown: never the provider's word for it. */
export function withSeenVersions(
  capabilities: Readonly<Record<string, Capability>>,
  survey: Pick<ClusterSurvey, 'kubernetesVersion' | 'versions'>,
): Record<string, Capability> {
  return Object.fromEntries(
    Object.entries(capabilities).map(([name, capability]) => [
      name,
      capability.kind === 'real' ? { kind: 'real', version: versionOf(name, capability.version, survey) } : capability,
    ]),
  );
}

function versionOf(
  name: string,
  declared: string,
  { kubernetesVersion, versions }: Pick<ClusterSurvey, 'kubernetesVersion' | 'versions'>,
): string {
  if (name === 'kubernetes') return kubernetesVersion.kind === 'seen' ? kubernetesVersion.value : `unknown: ${kubernetesVersion.reason}`;
  if (!versionedCapabilities.includes(name)) return declared;
  if (versions.kind === 'unknown') return `unknown: ${versions.reason}`;
  return versions.value[name] ?? 'unknown: no workload of the cluster has its image';
}
