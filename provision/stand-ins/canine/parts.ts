import type { Faults } from './faults.ts';
import type { Jobs } from './jobs.ts';
import type { Kubernetes } from './kubernetes.ts';
import type { People } from './people.ts';
import type { Projects } from './projects.ts';
import type { Cluster } from './records.ts';
import type { Sessions } from './session.ts';

/** What the routes stand on. */
export interface Parts {
  readonly people: People;
  readonly projects: Projects;
  readonly jobs: Jobs;
  readonly sessions: Sessions;
  readonly faults: Faults;
  connect(cluster: Cluster): Kubernetes;
}
