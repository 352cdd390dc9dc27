import { z } from 'zod';
import { profiles } from '../../guide/cluster.ts';
import { capability, stepOutcome } from '../engine/run-record.ts';
import { vantageSchema } from '../probe/vantages.ts';

export type { Vantage } from '../probe/vantages.ts';

/** Everything the suites know of a cluster: plain data, written by a provider, read by the runner. */
export const clusterDescriptor = z.object({
  schemaVersion: z.literal(1),
  provider: z.string(),
  name: z.string(),
  profile: z.enum(profiles),
  /** The guide's optional sections that it has, for example `opt-4`; none when left out. */
  options: z.array(z.string()).optional(),
  /** Reaches the API by its documented name, from an admin address. */
  kubeconfig: z.string(),
  /** Client configuration of the Talos API (docs.talos.dev), where there is one. */
  talosconfig: z.string().optional(),
  /** A file with e-mail address and password of a Canine administrator, in JSON, where there is a Canine. */
  canineLogin: z.string().optional(),
  /** Put before a command to run it on the admin workstation, in the folder with the guide's scripts and kubeconfig. */
  guideReader: z.array(z.string()).optional(),
  capabilities: z.record(z.string(), capability),
  vantages: z.array(vantageSchema),
  /** Put before the command that runs the checks, so that it runs as the admin workstation does. */
  runner: z.array(z.string()),
  /** The number of checks that may run at the same time; 8 when left out. */
  checksAtOnce: z.int().min(1).optional(),
  /** The factor by which waits for our own means are longer than on a quiet machine of one's own; 1 when left out. */
  patience: z.number().min(1).optional(),
  /** The probe binary (agnhost) as the vantages find it. */
  probe: z.string(),
  steps: z.array(stepOutcome),
  /** Commands that explain the cluster when something failed, with the vantage that runs them. */
  diagnosis: z.array(z.object({ title: z.string(), command: z.array(z.string()) })),
});

export type ClusterDescriptor = z.infer<typeof clusterDescriptor>;
