import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import type { StepOutcome } from '../../harness/engine/run-record.ts';
import type { Work } from '../../harness/engine/work.ts';
import type { CommandAnswer, Kubectl } from './command.ts';
import { type Rollouts, availableWithinMs } from './rollouts.ts';
import type { Action, Manifest, Readiness, Step, UpstreamManifest } from './step.ts';
import { onceStarted } from './still-starting.ts';

export interface StepContext {
  readonly kubectl: Kubectl;
  /** Of the whole work, not of one phase: it waits while the steps go on. */
  readonly rollouts: Rollouts;
  readonly upstream: (name: UpstreamManifest) => Promise<string>;
  readonly script: (name: string, args: readonly string[], environment: Readonly<Record<string, string>>) => Promise<CommandAnswer>;
  readonly patchMachineConfig: (nodes: readonly string[], patch: string) => Promise<CommandAnswer>;
}

/** The object that a patch is for. */
const patched = z.object({ kind: z.string(), metadata: z.object({ name: z.string(), namespace: z.string() }) });

/** How long an API that a step before has just installed may take to answer; not in the guide, chosen here. */
const apiSettlesWithinMs = 180_000;

/**
 * Follows the steps in their order. A step that the guide's own error makes fail is recorded and left behind, as its
 * reader would; any other failure ends the work with a Problem that names the step. What a step installs is awaited in the
 * background from then on.
 */
export async function runSteps(steps: readonly Step[], context: StepContext, work: Work): Promise<StepOutcome[]> {
  const outcomes: StepOutcome[] = [];
  for (const [index, step] of steps.entries()) {
    work.signal.throwIfAborted();
    work.say(`step ${index + 1} of ${steps.length}: ${step.title}`);
    outcomes.push(await runStep(step, context, work));
  }
  return outcomes;
}

/**
 * Waits until everything that the steps installed is available, and adds to the steps' outcomes when it was.
 * Throws a Problem that names the workload which is not.
 */
export async function awaitReady(
  followed: { readonly steps: readonly Step[]; readonly outcomes: readonly StepOutcome[] },
  context: StepContext,
  work: Work,
): Promise<StepOutcome[]> {
  const { rollouts } = context;
  const done = new Set(followed.outcomes.filter(({ outcome }) => outcome === 'done').map(({ id }) => id));
  const all = followed.steps.filter(({ id }) => done.has(id)).flatMap((step) => (step.ready ?? []).map((ready) => ({ step, ready })));
  // A workload that was available may have been disturbed by a later step: it is asked again.
  await allRolledOut(
    all,
    {
      context,
      ask: (ready) =>
        rollouts.availableAt(ready) === undefined ? rollouts.watch(ready, work.signal) : rollouts.status(ready, work.signal),
    },
    work,
  );
  return followed.outcomes.map((outcome) => {
    const step = followed.steps.find(({ id }) => id === outcome.id);
    return { ...outcome, ...readinessOf(step?.ready ?? [], { rollouts, startedAt: Date.parse(outcome.startedAt) }) };
  });
}

/** When the workloads of a step were available, from its start; nothing where one of them was not measured. */
function readinessOf(
  ready: readonly Readiness[],
  { rollouts, startedAt }: { rollouts: Rollouts; startedAt: number },
): Pick<StepOutcome, 'readyAfterMs' | 'workloads'> {
  const workloads = ready.flatMap(({ workload, namespace }) => {
    const availableAt = rollouts.availableAt({ workload, namespace });
    return availableAt === undefined ? [] : [{ workload, namespace, readyAfterMs: Math.max(0, availableAt - startedAt) }];
  });
  if (workloads.length === 0 || workloads.length < ready.length) return {};
  return { readyAfterMs: Math.max(...workloads.map(({ readyAfterMs }) => readyAfterMs)), workloads };
}

interface Asking {
  readonly context: StepContext;
  readonly ask: (ready: Readiness) => Promise<CommandAnswer>;
}

/** Waits for all at once, and shows which are still awaited. */
async function allRolledOut(
  all: readonly { readonly step: Step; readonly ready: Readiness }[],
  { context, ask }: Asking,
  work: Work,
): Promise<void> {
  const waiting = new Set(all.map(({ ready }) => ready.workload));
  const show = (): void => {
    if (waiting.size > 0) work.say(`waiting for ${[...waiting].join(', ')}`);
  };
  show();
  await Promise.all(
    all.map(async ({ step, ready }) => {
      const answer = await ask(ready);
      if (answer.code !== 0) throw await notAvailable(step, ready, { context, answer });
      waiting.delete(ready.workload);
      show();
    }),
  );
}

async function notAvailable(
  step: Step,
  { workload, namespace }: Readiness,
  { context: { kubectl }, answer }: { context: StepContext; answer: CommandAnswer },
): Promise<Problem> {
  const [pods, logs] = await Promise.all([
    kubectl(['get', 'pods', '-n', namespace, '-o', 'wide']),
    kubectl(['logs', workload, '-n', namespace, '--all-containers', '--tail=10', '--request-timeout=10s']),
  ]);
  const saw = [answer.stderr, pods.stdout, logs.stdout, logs.stderr].map((text) => text.trim()).filter((text) => text !== '');
  return stepFailed(step, `${workload} in ${namespace} to be available within ${availableWithinMs / 1000} s`, {
    ...answer,
    stderr: saw.join('\n'),
  });
}

async function runStep(step: Step, context: StepContext, work: Work): Promise<StepOutcome> {
  await allRolledOut(
    (step.gate ?? []).map((ready) => ({ step, ready })),
    { context, ask: (ready) => context.rollouts.watch(ready, work.signal) },
    work,
  );
  const startedAt = new Date();
  const before = await objectsBefore(step, context);
  const outcome = (kind: 'done' | 'failed', detail: string): StepOutcome => ({
    id: step.id,
    title: step.title,
    guide: step.guide,
    outcome: kind,
    detail,
    ...(kind === 'failed' && step.failsBy !== undefined ? { erratum: step.failsBy.erratum } : {}),
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    ...(before.length === 0 ? {} : { before }),
  });
  for (const action of step.actions) {
    const answer = await runAction(action, { ...context, refusal: step.failsBy?.saying }, work);
    if (answer.code === 0) continue;
    if (step.failsBy === undefined || !answer.stderr.includes(step.failsBy.saying))
      throw stepFailed(step, 'every command of the step to succeed', answer);
    return outcome('failed', answer.stderr.trim());
  }
  for (const ready of step.ready ?? []) void context.rollouts.watch(ready, work.signal);
  return outcome('done', '');
}

/** What the step is about to change, where a requirement compares before and after. */
async function objectsBefore({ keeps }: Step, { kubectl }: StepContext): Promise<NonNullable<StepOutcome['before']>> {
  if (keeps === undefined) return [];
  const answer = await kubectl(['get', keeps.resources, '-n', keeps.namespace, '-o', 'json']);
  if (answer.code !== 0) return [];
  const { items } = JSON.parse(answer.stdout) as {
    items: { kind: string; metadata: { name: string }; spec?: unknown; status?: unknown }[];
  };
  return items.map(({ kind, metadata, spec, status }) => ({ kind, name: metadata.name, spec, status }));
}

/** What an action needs; `refusal`: words that the guide's own error brings, for which nobody need wait. */
type ActionContext = StepContext & { readonly refusal: string | undefined };

async function runAction(action: Action, context: ActionContext, work: Work): Promise<CommandAnswer> {
  const waiting = { ...work, timeoutMs: apiSettlesWithinMs, ...(context.refusal === undefined ? {} : { unlessSays: context.refusal }) };
  const settled = (run: () => Promise<CommandAnswer>): Promise<CommandAnswer> =>
    onceStarted('an API that a step before installed', waiting, run);
  switch (action.kind) {
    case 'apply': {
      const input = await manifestText(action.manifest, context);
      return settled(() => context.kubectl(['apply', '-f', '-'], input));
    }
    case 'patch': {
      const args = await patchArguments(action.path);
      return settled(() => context.kubectl(args));
    }
    case 'kubectl':
      return settled(() => context.kubectl(action.args));
    case 'script':
      return settled(() => context.script(action.name, action.args, action.environment));
    case 'patch-machine-config':
      return context.patchMachineConfig(action.nodes, action.patch);
  }
}

async function patchArguments(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  const { kind, metadata } = patched.parse(parse(text));
  return ['patch', kind.toLowerCase(), metadata.name, '-n', metadata.namespace, '--patch', text];
}

async function manifestText(manifest: Manifest, context: StepContext): Promise<string> {
  return manifest.kind === 'upstream' ? context.upstream(manifest.name) : readFile(manifest.path, 'utf8');
}

function stepFailed(step: Step, expected: string, answer: CommandAnswer): Problem {
  return new Problem(exitCode.provider, {
    expected: `${expected} (step "${step.title}", guide: ${step.guide})`,
    saw: answer.stderr.trim() || answer.stdout.trim(),
    next: 'kubectl get pods -A and kubectl get events -A, by `conform shell`, show why',
  });
}
