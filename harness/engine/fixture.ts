import type { Changes } from './changes/changes.ts';
import type { Cluster } from '../platform/cluster.ts';
import { changesOfFixture, currentRun } from './run.ts';

/** What a fixture is made with. What it changes stays until the end of the run, and is undone then. */
export interface FixtureContext {
  readonly cluster: Cluster;
  readonly changes: Changes;
  readonly signal: AbortSignal;
}

/** What could not be made twice will not be made by asking again: the next who asks is told so at once. */
const mostAttempts = 2;

/**
 * Something that several checks share: made by the first that asks for it, once in a run. One that could not be made is
 * made anew for the next that asks, and given up after that.
 */
export function fixture<T>(name: string, make: (context: FixtureContext) => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  let failures = 0;
  return () => {
    made ??= makeOnce();
    return made;
  };

  async function makeOnce(): Promise<T> {
    const { cluster, signal } = currentRun();
    const changes = changesOfFixture(name);
    try {
      return await make({ cluster, changes, signal });
    } catch (error) {
      failures += 1;
      if (failures < mostAttempts) made = undefined;
      await changes.undoAll();
      throw error;
    }
  }
}
