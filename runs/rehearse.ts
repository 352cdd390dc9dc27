import type { Profile } from '../guide/cluster.ts';
import type { OptionName } from '../provision/options.ts';
import type { Provider } from '../provision/provider.ts';
import { onOwnCluster } from './own-cluster.ts';
import { prepareReportFolder } from './report-folder.ts';
import type { RunConsole } from './run-console.ts';
import { select } from './selection.ts';
import { prepareState } from './state.ts';
import { type RunEnd, type VerifyOptions, verify } from './verify.ts';

export interface RehearseOptions extends Omit<VerifyOptions, 'wait' | 'disruptive' | 'clusterGoes'> {
  readonly name: string;
  readonly profile: Profile;
  /** The guide's optional sections that the cluster has. */
  readonly with: readonly OptionName[];
}

/** A cluster of its own, every selected check, the report, and nothing left. Throws a Problem before anything is made where it can. */
export async function rehearse(provider: Pick<Provider, 'up' | 'down'>, options: RehearseOptions, console: RunConsole): Promise<RunEnd> {
  select(options);
  await prepareReportFolder(options.report);
  await prepareState();
  return onOwnCluster(provider, options, console, (cluster) =>
    verify(cluster, { ...options, disruptive: true, wait: 0, rememberAs: `rehearsal-${options.profile}`, clusterGoes: true }, console),
  );
}
