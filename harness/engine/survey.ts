import { z } from 'zod';

/** What a question to the cluster came to: the cluster's own answer, or why there is none. */
function answered<Value extends z.ZodType>(
  value: Value,
): z.ZodDiscriminatedUnion<
  [z.ZodObject<{ kind: z.ZodLiteral<'seen'>; value: Value }>, z.ZodObject<{ kind: z.ZodLiteral<'unknown'>; reason: z.ZodString }>]
> {
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('seen'), value }),
    z.object({ kind: z.literal('unknown'), reason: z.string() }),
  ]);
}

const node = z.object({
  name: z.string(),
  /** Its InternalIP; empty when it has none. */
  address: z.string(),
  role: z.enum(['control-plane', 'worker']),
  kubelet: z.string(),
  /** Empty when the node is Ready, otherwise the reason that it gives. */
  notReady: z.string(),
});

const workload = z.object({
  kind: z.enum(['Deployment', 'DaemonSet', 'StatefulSet']),
  namespace: z.string(),
  name: z.string(),
  wanted: z.int(),
  available: z.int(),
});

/** What the cluster told of itself when the run began; nothing in it is taken from the guide. */
export const clusterSurvey = z.object({
  /** RFC 3339. */
  at: z.string(),
  kubernetesVersion: answered(z.string()),
  nodes: answered(z.array(node)),
  /** Each API server, asked at its own address. */
  apiServers: z.array(z.object({ name: z.string(), address: z.string(), answer: answered(z.literal('ready')) })),
  /** Workloads with fewer available pods than they want. */
  unavailable: answered(z.array(workload)),
  /** The metrics API: how many nodes it tells of. */
  metrics: answered(z.int()),
  /** Versions of the installed products by capability, from the image tags of their workloads. */
  versions: answered(z.record(z.string(), z.string())),
});

export type Answered<Value> = { readonly kind: 'seen'; readonly value: Value } | { readonly kind: 'unknown'; readonly reason: string };
export type ClusterSurvey = z.infer<typeof clusterSurvey>;
export type SurveyedNode = z.infer<typeof node>;
export type SurveyedWorkload = z.infer<typeof workload>;

/** The survey of a cluster that was not asked, or did not answer at all. */
export function unknownSurvey(at: string, reason: string): ClusterSurvey {
  const unknown = { kind: 'unknown' as const, reason };
  return { at, kubernetesVersion: unknown, nodes: unknown, apiServers: [], unavailable: unknown, metrics: unknown, versions: unknown };
}
