import { setTimeout as delay } from 'node:timers/promises';
import { type Changes, openChanges } from '../engine/changes/changes.ts';
import { type Journal, openJournal } from '../engine/changes/journal.ts';
import { type HeldLease, holdLease } from '../engine/changes/lease.ts';
import { changedCluster } from './changed-cluster.ts';
import { type Cluster, connectCluster } from './cluster.ts';
import type { Kubernetes } from './kubernetes/kubernetes.ts';
import { partsInstalled } from './installed-parts.ts';
import { surveyCluster } from './survey-cluster.ts';
import { assignedNetworks } from '../engine/stable-key.ts';
import { patience, setPatience } from '../engine/patience.ts';
import { Problem } from '../engine/problem.ts';
import { type RunPlan, readRunPlan } from './run-plan.ts';
import { emit } from '../engine/runner/emit.ts';
import { refusal } from '../engine/runner/events.ts';
import { type Job, Schedule } from '../engine/schedule.ts';

/** What all checks of a run share: they run in one process. */
export interface Run {
  readonly cluster: Cluster;
  readonly schedule: Schedule;
  /** Throws where the cluster lacks a part that a requirement needs. */
  readonly installed: (needs: readonly string[], signal: AbortSignal) => Promise<void>;
  /** Aborted, with the reason, at the run's deadline, when the cluster does not answer any more, or when the lease is lost. */
  readonly signal: AbortSignal;
  /** Changes that are made, and recorded, through this client. */
  changesOf(owner: string, kubernetes: Kubernetes): Changes;
}

/** Checks at the same time where the provider names no number: they wait for the network nearly all the time. */
const checksAtOnce = 8;

const askEveryMs = 5_000;
/** A busy machine answers late: the API of a lab on two processors took more than five seconds (seen). */
const answersWithinMs = 15_000;

interface LivingRun extends Run {
  readonly plan: RunPlan;
  readonly journal: Journal;
  readonly controller: AbortController;
  readonly fixtures: Changes[];
  /** Whether all that was selected is static. */
  readonly readsOnly: boolean;
  lease: Promise<HeldLease> | undefined;
  /** Ends when the cluster has told what it is, or has not answered in time. */
  survey: Promise<void>;
}

let living: LivingRun | undefined;
const registered: Job[] = [];

/** Tells the run that a check exists; all do before the first one runs. */
export function registerJob(job: Job): void {
  registered.push(job);
}

/** The run that this process was started for; begins it at the first call. */
export function currentRun(): Run {
  return begun();
}

/**
 * Holds the cluster's lease; every check waits for it, and the first one takes it. A run that only reads needs none: it may
 * have no right to write. Throws a Problem when another run has it.
 */
export async function ownCluster(): Promise<void> {
  const run = begun();
  if (run.readsOnly) return;
  run.lease ??= takeLease(run);
  await run.lease;
}

/** Changes that stay until the end of the run, for what several checks share. */
export function changesOfFixture(name: string, kubernetes: Kubernetes): Changes {
  const run = begun();
  const changes = run.changesOf(name, kubernetes);
  run.fixtures.push(changes);
  return changes;
}

/** Undoes what the fixtures changed and gives the lease back; returns what could not be undone. */
export async function endRun(): Promise<string[]> {
  const run = living;
  if (run === undefined) return [];
  living = undefined;
  await run.survey;
  run.controller.abort(new Error('the run has ended'));
  const left = (await Promise.all(run.fixtures.map((changes) => changes.undoAll()))).flat();
  run.journal.close();
  const lease = await run.lease?.catch(() => undefined);
  await lease?.release();
  return left;
}

function begun(): LivingRun {
  living ??= begin();
  return living;
}

function begin(): LivingRun {
  const plan = readRunPlan();
  const cluster = connectCluster(plan.cluster, {
    onAccess: ({ endpoint, isFallback, reason }) => {
      if (isFallback) emit({ kind: 'fallback', endpoint, reason });
    },
    onRetry: ({ what, reason }) => emit({ kind: 'retried', what, reason }),
  });
  assignedNetworks([cluster.documented.podCidr, cluster.documented.serviceCidr]);
  const journal = openJournal(plan.journal);
  setPatience(plan.cluster.patience ?? 1);
  const controller = new AbortController();
  const selected = registered.filter(({ id }) => plan.selected.includes(id));
  const run: LivingRun = {
    cluster,
    plan,
    journal,
    controller,
    signal: controller.signal,
    schedule: new Schedule(selected, plan.cluster.checksAtOnce ?? checksAtOnce),
    installed: partsInstalled(cluster.kubernetes),
    fixtures: [],
    readsOnly: selected.every(({ kind }) => kind === 'static'),
    lease: undefined,
    survey: Promise.resolve(),
    changesOf: (owner, kubernetes) => openChanges({ cluster: changedCluster(kubernetes, cluster.kubernetes), journal, owner }),
  };
  emit({ kind: 'began', runId: plan.runId, checks: selected.length });
  run.survey = tellSurvey(run);
  void endAtDeadline(run);
  void watchApi(run);
  return run;
}

async function takeLease({ cluster, plan, signal, controller }: LivingRun): Promise<HeldLease> {
  const request = { runId: plan.runId, command: plan.command, waitMs: plan.leaseWaitSeconds * 1000 };
  const lease = await holdLease(cluster.kubernetes.raw, request, {
    signal,
    say: (text) => emit({ kind: 'lease-waiting', text }),
  }).catch(refuse);
  lease.lost.addEventListener('abort', () => controller.abort(lease.lost.reason), { once: true });
  return lease;
}

/** Nothing is decided without the lease: the command ends with this Problem, and not with a verdict for each requirement. */
function refuse(error: unknown): never {
  if (error instanceof Problem) emit(refusal(error));
  throw error;
}

/** What the cluster is when the run begins goes into the record, and explains what comes of it. */
async function tellSurvey({ cluster, controller }: LivingRun): Promise<void> {
  const controlPlanes = cluster.documented.nodes.filter(({ role }) => role === 'control-plane');
  emit({ kind: 'surveyed', survey: await surveyCluster(cluster.kubernetes, controlPlanes, controller.signal) });
}

async function endAtDeadline({ plan, controller, signal }: LivingRun): Promise<void> {
  await delay(Math.max(0, plan.endsAt - Date.now()), undefined, { signal }).catch(() => undefined);
  if (!signal.aborted) controller.abort(new Error('the deadline of the run (--deadline) was reached'));
}

/** A cluster that dies in mid-run ends the run: every check that is still to come would only wait for it. */
async function watchApi({ cluster, controller, signal }: LivingRun): Promise<void> {
  let answeredAt = Date.now();
  while (!signal.aborted) {
    const answers = await cluster.kubernetes
      .request({ method: 'GET', path: '/readyz' }, AbortSignal.any([signal, AbortSignal.timeout(answersWithinMs)]))
      .then(
        ({ status }) => status === 200,
        () => false,
      );
    if (answers) answeredAt = Date.now();
    const silentMs = Date.now() - answeredAt;
    if (silentMs > patience('lostApi'))
      controller.abort(
        new Error(`the Kubernetes API has not answered for ${Math.round(silentMs / 1000)} s; what was to come was not looked at`),
      );
    await delay(askEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
