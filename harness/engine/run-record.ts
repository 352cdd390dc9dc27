import { z } from 'zod';
import { type DocumentedCluster, profiles } from '../../guide/cluster.ts';
import { type Requirement, kinds, promiseText, severities } from './requirement.ts';
import { clusterSurvey } from './survey.ts';

/**
 * The run record: the one output of a verification. Every report (console, Allure, ...) is a pure function of it.
 * Increase `schemaVersion` with every change that an older reader could misread.
 */
export const runRecordVersion = 3;

const basis = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('real') }),
  /** One or more parts under the verdict were not the documented component. */
  z.object({ kind: z.literal('stand-in'), components: z.array(z.string()).min(1) }),
]);

const observation = z.object({
  /** `control` proves that the observation could have come out the other way. */
  role: z.enum(['observation', 'control']),
  /** Names the observation in the same way in every run, and within a result only once. */
  key: z.string(),
  /** What was looked at, as a sentence without a verb of judgement: `alice/client -> bob/web 10.244.1.5:80/tcp`. */
  subject: z.string(),
  /** Where it was looked at from, for example `admin 192.168.1.10` or `pod tenant-alice/client on w01`. */
  vantage: z.string(),
  /** RFC 3339. */
  at: z.string(),
  /** The value that the verdict needed, in words. */
  expected: z.string(),
  /** The value that was seen, in words. */
  saw: z.string(),
  held: z.boolean(),
  /**
   * It does not hold because what should have come had not come by a deadline: a machine that is too busy looks like that, too. Never
   * for what should have ended or been closed by then.
   */
  late: z.boolean().optional(),
  /** The untouched value: JSON, a command's output. Already redacted. */
  raw: z.unknown().optional(),
});

const verdict = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('kept') }),
  z.object({ kind: z.literal('broken'), expected: z.string(), saw: z.string(), next: z.string() }),
  /** Could not look: the transport failed, a control failed, data too young. */
  z.object({ kind: z.literal('inconclusive'), reason: z.string(), next: z.string() }),
  z.object({ kind: z.literal('not-run'), reason: z.string() }),
  z.object({ kind: z.literal('waived'), owner: z.string(), until: z.string(), saw: z.string() }),
]);

export const verdictKind = z.enum(verdict.options.map(({ shape }) => shape.kind.value));

/** Text that explains a verdict: what was collected before anything was deleted. Already redacted, and cut to a limit. */
const attachment = z.object({
  title: z.string(),
  mediaType: z.enum(['text/plain', 'application/json', 'text/yaml']),
  text: z.string(),
});

/** One target sampled from one place while something happened to the cluster; times are milliseconds since the series began. */
const sampledSeries = z.object({
  /** What was sampled, for example `https API at the VIP`. */
  name: z.string(),
  vantage: z.string(),
  target: z.string(),
  /** A connection for each sample, or one that is held open: they fail in different ways. */
  connection: z.enum(['new', 'kept-open']),
  startedAt: z.string(),
  everyMs: z.number(),
  samples: z.array(z.object({ atMs: z.number(), outcome: z.string(), ok: z.boolean(), answeredBy: z.string().optional() })),
  /** What happened, for example `power off w02`. */
  events: z.array(z.object({ atMs: z.number(), text: z.string() })),
  /** From the last answer before a failure to the first answer after it; 0 without a failure. */
  longestGapMs: z.number(),
  failures: z.number(),
});

/** Who reaches what, tried at one time in one state of the policies. */
export const connectionMatrix = z.object({
  /** The state of the policies, for example `all steps applied`. */
  state: z.string(),
  measuredAt: z.string(),
  durationMs: z.number(),
  sources: z.array(z.object({ id: z.string(), group: z.string(), address: z.string() })),
  targets: z.array(z.object({ id: z.string(), group: z.string(), address: z.string() })),
  /** A row for each source, in it an outcome for each target (harness/probe/probe.ts), null where it was not tried. */
  cells: z.array(z.array(z.string().nullable())),
});

export const result = z.object({
  requirement: z.object({
    id: z.string(),
    suite: z.string(),
    promise: z.string(),
    guide: z.array(z.string()).min(1),
    severity: z.enum(severities),
    kind: z.enum(kinds),
    needs: z.array(z.string()),
    /** The change to the cluster that must turn the verdict `broken`. */
    fault: z.string(),
  }),
  verdict,
  basis,
  /** Errata of the guide that explain this verdict on this profile. */
  errata: z.array(z.object({ id: z.string(), section: z.string(), happens: z.string(), correction: z.string() })),
  observations: z.array(observation),
  attachments: z.array(attachment),
  series: z.array(sampledSeries),
  /** Capabilities that the check touched, those of its fixtures included. */
  touched: z.array(z.string()),
  /** Capabilities that it touched and that its requirement does not declare: a defect of this product. */
  undeclared: z.array(z.string()),
  /** Number of looks: 0 for a check that never began, 2 where the first could not look or met nothing but time-outs. */
  attempts: z.int().nonnegative(),
  /** The second look, alone, came to another verdict than the first. */
  flaky: z.boolean(),
  startedAt: z.string(),
  durationMs: z.number().nonnegative(),
});

export const capability = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('real'), version: z.string() }),
  z.object({ kind: z.literal('stand-in'), for: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('absent'), reason: z.string() }),
]);

export const stepOutcome = z.object({
  id: z.string(),
  title: z.string(),
  guide: z.string(),
  outcome: z.enum(['done', 'failed']),
  /** What a failed step printed. */
  detail: z.string(),
  erratum: z.string().optional(),
  /** RFC 3339. */
  startedAt: z.string(),
  /** The time that the step's commands took. What they started may have been available later: see readyAfterMs. */
  durationMs: z.number(),
  /** From the step's start until all of its workloads were available; absent when that was not measured. */
  readyAfterMs: z.number().nonnegative().optional(),
  /** The same time for each workload of the step that was awaited. */
  workloads: z.array(z.object({ workload: z.string(), namespace: z.string(), readyAfterMs: z.number().nonnegative() })).optional(),
  /** Objects of the cluster as they were before the step, where a requirement compares before and after. */
  before: z
    .array(z.object({ kind: z.string(), name: z.string(), spec: z.unknown().optional(), status: z.unknown().optional() }))
    .optional(),
});

const likelyCause = z.object({
  /** For example `node w02` or `API server cp01 192.168.29.11`. */
  part: z.string(),
  /** What was seen of it. */
  evidence: z.string(),
});

/** How the run's own requests got to the cluster. */
const ownAccess = z.object({
  /** Endpoints that were used instead of the documented one, and why. */
  fallbacks: z.array(z.object({ endpoint: z.string(), reason: z.string() })),
  /** Requests that were sent again because a connection failed before an answer came; nothing else is ever retried by itself. */
  retries: z.array(z.object({ what: z.string(), reason: z.string() })),
});

export const runRecord = z.object({
  schemaVersion: z.literal(runRecordVersion),
  run: z.object({
    id: z.string(),
    startedAt: z.string(),
    durationMs: z.number(),
    command: z.string(),
    product: z.object({ version: z.string(), revision: z.string() }),
    access: ownAccess,
  }),
  cluster: z.object({
    provider: z.string(),
    name: z.string(),
    profile: z.enum(profiles),
    /** What the cluster told of itself when the run began; nothing in it is taken from the guide. */
    survey: clusterSurvey,
    capabilities: z.record(z.string(), capability),
    /** The guide's steps as this cluster was built by them. */
    steps: z.array(stepOutcome),
  }),
  /** Parts of the cluster that were half dead, each named once: what is not kept may follow from them. */
  causes: z.array(likelyCause),
  results: z.array(result),
  matrices: z.array(connectionMatrix),
});

export type RunRecord = z.infer<typeof runRecord>;
export type LikelyCause = z.infer<typeof likelyCause>;
export type Result = z.infer<typeof result>;
export type Verdict = z.infer<typeof verdict>;
export type Basis = z.infer<typeof basis>;
export type Observation = z.infer<typeof observation>;
export type Capability = z.infer<typeof capability>;
export type Attachment = z.infer<typeof attachment>;
export type SampledSeries = z.infer<typeof sampledSeries>;
export type ConnectionMatrix = z.infer<typeof connectionMatrix>;
export type OwnAccess = z.infer<typeof ownAccess>;
export type StepOutcome = z.infer<typeof stepOutcome>;

/** A requirement as the record has it; its promise is about the documented cluster. */
export function requirementText(
  { id, suite, promise, guide, severity, kind, needs, fault }: Requirement,
  documented: DocumentedCluster,
): Result['requirement'] {
  return { id, suite, promise: promiseText(promise, documented), guide: [...guide], severity, kind, needs: [...needs], fault };
}
