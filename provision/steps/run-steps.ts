import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import type { StepOutcome } from '../../harness/engine/run-record.ts';
import type { Work } from '../../harness/engine/work.ts';
import type { CommandAnswer, Kubectl } from './command.ts';
import type { Action, Manifest, Readiness, Step, UpstreamManifest } from './step.ts';

export interface StepContext {
  readonly kubectl: Kubectl;
  readonly upstream: (name: UpstreamManifest) => Promise<string>;
  readonly script: (name: string, args: readonly string[], environment: Readonly<Record<string, string>>) => Promise<CommandAnswer>;
  readonly patchMachineConfig: (nodes: readonly string[], patch: string) => Promise<CommandAnswer>;
}

/** How long an API that a step before has just installed may take to answer; not in the guide, chosen here. */
const apiSettlesWithinMs = 180_000;

/** How long everything that the steps installed may take to be ready; not in the guide (its longest wait is 600 s), chosen here. */
const readyWithinMs = 240_000;

/**
 * Follows the steps in their order. A step that the guide's own error makes fail is recorded and left behind, as its
 * reader would; any other failure ends the work with a Problem that names the step.
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

/** Waits until everything that the steps installed is available. */
export async function awaitReady(steps: readonly Step[], context: StepContext, work: Work): Promise<void> {
  await allRolledOut(
    steps.flatMap((step) => (step.ready ?? []).map((ready) => ({ step, ready }))),
    context,
    work,
  );
}

/** Waits for all at once, and shows which are still awaited. */
async function allRolledOut(
  all: readonly { readonly step: Step; readonly ready: Readiness }[],
  context: StepContext,
  work: Work,
): Promise<void> {
  const waiting = new Set(all.map(({ ready }) => ready.workload));
  const show = (): void => {
    if (waiting.size > 0) work.say(`waiting for ${[...waiting].join(', ')}`);
  };
  show();
  await Promise.all(
    all.map(async ({ step, ready }) => {
      await rolledOut(step, ready, context);
      waiting.delete(ready.workload);
      show();
    }),
  );
}

async function rolledOut(step: Step, { workload, namespace }: Readiness, { kubectl }: StepContext): Promise<void> {
  const answer = await kubectl(['rollout', 'status', workload, '-n', namespace, `--timeout=${readyWithinMs / 1000}s`]);
  if (answer.code === 0) return;
  const [pods, logs] = await Promise.all([
    kubectl(['get', 'pods', '-n', namespace, '-o', 'wide']),
    kubectl(['logs', workload, '-n', namespace, '--all-containers', '--tail=10', '--request-timeout=10s']),
  ]);
  const saw = [answer.stderr, pods.stdout, logs.stdout, logs.stderr].map((text) => text.trim()).filter((text) => text !== '');
  throw stepFailed(step, `${workload} in ${namespace} to be available within ${readyWithinMs / 1000} s`, {
    ...answer,
    stderr: saw.join('\n'),
  });
}

async function runStep(step: Step, context: StepContext, work: Work): Promise<StepOutcome> {
  await allRolledOut(
    (step.gate ?? []).map((ready) => ({ step, ready })),
    context,
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
    const answer = await runAction(action, context, work);
    if (answer.code === 0) continue;
    if (step.failsBy === undefined || !answer.stderr.includes(step.failsBy.saying))
      throw stepFailed(step, 'every command of the step to succeed', answer);
    return outcome('failed', answer.stderr.trim());
  }
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

async function runAction(action: Action, context: StepContext, work: Work): Promise<CommandAnswer> {
  switch (action.kind) {
    case 'apply': {
      const input = await manifestText(action.manifest, context);
      return settled(work, () => context.kubectl(['apply', '-f', '-'], input));
    }
    case 'kubectl':
      return settled(work, () => context.kubectl(action.args));
    case 'script':
      return settled(work, () => context.script(action.name, action.args, action.environment));
    case 'patch-machine-config':
      return context.patchMachineConfig(action.nodes, action.patch);
  }
}

/** A command's answer, when it does not say any more that what it needs is only starting. */
async function settled(work: Work, run: () => Promise<CommandAnswer>): Promise<CommandAnswer> {
  const deadline = Date.now() + apiSettlesWithinMs;
  for (;;) {
    const answer = await run();
    const starting = isStillStarting(answer.stderr) || curlCannotConnect.includes(answer.code);
    if (answer.code === 0 || !starting || Date.now() > deadline) return answer;
    work.say(`waiting for an API that a step before installed: ${answer.stderr.trim().split('\n')[0] ?? ''}`);
    await delay(500, undefined, { signal: work.signal });
  }
}

/** What a script of the guide ends with when its `curl -s` was refused or had no answer in time (curl(1), EXIT CODES). */
const curlCannotConnect = [7, 28];

/** The words by which kubectl says that an API or webhook does not answer yet, as against refusing the request. */
const stillStarting = [
  'connection refused',
  'was refused - did you specify the right host or port?',
  'TLS handshake timeout',
  'no endpoints available',
  'no matches for kind',
  'unable to handle the request',
  'ensure CRDs are installed first',
  'context deadline exceeded',
  'i/o timeout',
  'EOF',
  'no route to host',
  'certificate signed by unknown authority',
  "the server doesn't have a resource type",
  'failed to call webhook',
  'not found, no such service',
];

/** Whether a failed command may succeed unchanged a little later. */
export function isStillStarting(stderr: string): boolean {
  return stillStarting.some((words) => stderr.includes(words));
}

async function manifestText(manifest: Manifest, context: StepContext): Promise<string> {
  if (manifest.kind === 'upstream') return context.upstream(manifest.name);
  let text = await readFile(manifest.path, 'utf8');
  for (const [name, value] of Object.entries(manifest.values ?? {})) text = text.replaceAll(`\${${name}}`, value);
  return text;
}

function stepFailed(step: Step, expected: string, answer: CommandAnswer): Problem {
  return new Problem(exitCode.provider, {
    expected: `${expected} (step "${step.title}", guide: ${step.guide})`,
    saw: answer.stderr.trim() || answer.stdout.trim(),
    next: 'kubectl get pods -A and kubectl get events -A, by `conform shell`, show why',
  });
}
