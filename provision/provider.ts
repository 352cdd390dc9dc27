import type { Profile } from '../guide/cluster.ts';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import type { Work } from '../harness/engine/work.ts';
import type { OptionName } from './options.ts';

/** Runs one named phase of a longer work and shows its progress. */
export type Phase = <T>(title: string, run: (work: Work) => Promise<T>) => Promise<T>;

export interface UpOptions {
  readonly name: string;
  readonly profile: Profile;
  /**
   * `tied`: the cluster is made for this process, and nothing of it outlives the process: a name that exists is refused.
   * `detached`: it stays until `down`.
   */
  readonly life: 'tied' | 'detached';
  /** The guide's optional sections that are installed too. */
  readonly with: readonly OptionName[];
}

export interface DownOptions {
  /** Only a cluster that is tied to this process; another one of that name stays, and is no error. */
  readonly onlyOwn?: true;
}

export type ClusterState =
  | { readonly kind: 'absent' }
  /** `up` is at work on it now. */
  | { readonly kind: 'building'; readonly holder: string }
  /** An `up` or `down` was cut short, or the machine restarted. */
  | { readonly kind: 'half'; readonly reason: string }
  | { readonly kind: 'running'; readonly cluster: ClusterDescriptor; readonly parts: readonly PartState[] };

/** One thing a user may ask the state of: a node, a supervised process. */
export interface PartState {
  readonly name: string;
  readonly state: string;
}

/** What makes or attaches a cluster. A suite never sees a provider, only the descriptor it returns. */
export interface Provider {
  /**
   * Builds the documented cluster; returns at once what is already running, unless its life is to be `tied`. Throws a Problem. What
   * it made itself it removes when it cannot finish a tied cluster, and nothing else ever.
   */
  up(options: UpOptions, phase: Phase): Promise<ClusterDescriptor>;
  /** Removes everything `up` made, also after a crash of it; never anything else. */
  down(name: string, phase: Phase, which?: DownOptions): Promise<'removed' | 'nothing'>;
  state(name: string): Promise<ClusterState>;
  names(): Promise<string[]>;
}
