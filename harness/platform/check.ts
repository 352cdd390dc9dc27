import type { Changes } from '../engine/changes/changes.ts';
import { type CheckBase, checksOn } from '../engine/check.ts';
import { type Fixture, fixturesOn } from '../engine/fixture.ts';
import { Involved } from '../engine/involved.ts';
import { Use } from '../engine/use.ts';
import { type Claim, connect } from '../probe/claims.ts';
import type { Outcome } from '../probe/probe.ts';
import type { Cluster } from './cluster.ts';
import { collectDiagnosis } from './diagnosis/collect.ts';
import type { Resource } from './resources.ts';
import { changesOfFixture, currentRun, ownCluster, registerJob } from './run.ts';
import { watchedCluster } from './watched-cluster.ts';

/** The tools that a check or a fixture works with. Whatever is used through them is recorded. */
interface Tools {
  readonly cluster: Cluster;
  /** Changes of a check are undone when it has been decided and explained; those of a fixture at the end of the run. */
  readonly changes: Changes;
}

/** What a fixture is made with. */
export interface FixtureContext extends Tools {
  readonly signal: AbortSignal;
}

interface CheckTools extends Tools {
  /** Tries claims in one instant and records them; returns the outcomes of each claim in the order of its attempts. */
  connect(claims: readonly Claim[]): Promise<Outcome[][]>;
}

/** What a check decides with. */
export interface CheckContext extends CheckBase, CheckTools {}

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- a check that takes no fixture
type NoFixtures = Readonly<Record<never, Fixture<unknown>>>;

/** Defines something that several checks share: made by the first that takes it, once in a run. */
export const fixture = fixturesOn<FixtureContext, Resource>({
  use: () => new Use(currentRun().cluster.descriptor.capabilities),
  open: (name, use) => {
    const { signal, ...run } = currentRun();
    const cluster = watchedCluster(run.cluster, { use, involved: new Involved() });
    const changes = changesOfFixture(name, cluster.kubernetes);
    return { tools: { cluster, changes, signal }, undo: () => changes.undoAll() };
  },
});

/** Defines the one check of a requirement; `extend` adds the fixtures that its checks may take. */
export const baseCheck = checksOn<CheckTools, NoFixtures, Resource>(
  {
    register: registerJob,
    begin: async () => {
      await ownCluster();
      const { cluster, schedule, signal } = currentRun();
      const { profile, capabilities } = cluster.descriptor;
      return { schedule, signal, profile, capabilities, documented: cluster.documented };
    },
    requireInstalled: async (needs, signal) => currentRun().installed(needs, signal),
    open: (owner, { use, evidence, signal }) => {
      const run = currentRun();
      const cluster = watchedCluster(run.cluster, { use, involved: evidence.involved });
      const changes = run.changesOf(owner, cluster.kubernetes);
      const { observe, control } = evidence;
      return {
        tools: { cluster, changes, connect: async (claims) => connect({ cluster, signal, observe, control }, claims) },
        undo: () => changes.undoAll(),
      };
    },
    explain: async (involved, signal) => collectDiagnosis(currentRun().cluster, involved, signal),
  },
  {},
);
