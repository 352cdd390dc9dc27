import { setTimeout as delay } from 'node:timers/promises';
import { promised } from '../../../guide/limits.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { CommandAnswer } from '../../../harness/platform/cluster.ts';
import { tryToMake } from '../admission.ts';
import { withAnsweringServer } from './answering-server.ts';
import { type KubectlFolder, atWorkstation, kubectlFolder, runAsReader } from './guide-script.ts';
import { type KubectlCall, callsOf, creationOf, hardeningOf, looksFor, ownTimeMs, pausesMs } from './kubectl-calls.ts';
import { type NewTenant, accepted, provisionWith } from './provisioning.ts';

/** A run of provision-tenant.sh whose calls of kubectl were noted. */
export interface LoggedRun {
  readonly answer: CommandAnswer;
  readonly calls: readonly KubectlCall[];
}

/** Runs provision-tenant.sh against a Canine that accepts everything. `meanwhile` is begun with it. */
export async function loggedRun(
  context: CheckContext,
  tenant: NewTenant,
  meanwhile: (running: Promise<unknown>, kubectl: KubectlFolder) => Promise<void> = async () => {},
): Promise<LoggedRun> {
  const kubectl = await kubectlFolder(context, 'log-kubectl.sh');
  const running = withAnsweringServer(accepted(tenant), ({ environment }) =>
    provisionWith(context, tenant, { ...environment, PATH: kubectl.path }),
  );
  const [answer] = await Promise.all([running, meanwhile(running, kubectl)]);
  return { answer, calls: await loggedCalls(context, kubectl) };
}

async function loggedCalls({ cluster, signal }: CheckContext, { folder }: KubectlFolder): Promise<KubectlCall[]> {
  const { code, stdout, stderr } = await cluster.runAsReader(['cat', `${folder}/calls`], signal);
  if (code !== 0) throw new Error(`the script has not called kubectl: ${stderr.trim()}`);
  return callsOf(stdout);
}

/** Makes the namespace when the promised time is over, unless the script has ended by then: then it has made it itself, or has not waited. */
export async function comesLate(
  context: CheckContext,
  namespace: string,
  { running, kubectl }: { readonly running: Promise<unknown>; readonly kubectl: KubectlFolder },
): Promise<void> {
  const hasEnded = await Promise.race([
    running.then(() => true),
    delay(promised.isolation.namespaceComesAfterMs, false, { signal: context.signal }),
  ]);
  if (hasEnded) return;
  const create = ['kubectl', '--kubeconfig=kubeconfig', 'create', 'namespace', namespace];
  const { code, stderr } = await runAsReader(context, create, { environment: { PATH: kubectl.path } });
  if (code !== 0 && !stderr.includes('AlreadyExists')) throw new Error(`${namespace} could not be made: ${stderr.trim()}`);
}

/** Keeps the namespace from being made, and waits until that is so. */
export async function refuseNamespace({ cluster: { kubernetes }, changes, signal }: CheckContext, namespace: string): Promise<void> {
  await changes.createFrom(`${import.meta.dirname}/namespace-refused.yaml`, { NAMESPACE: namespace });
  await until(`${namespace} to be refused`, { timeoutMs: patience('effect'), everyMs: 500, signal }, async () => {
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    const { status, message } = await tryToMake(kubernetes, object, { signal, dryRun: true });
    return message.includes('conform refuses this namespace') ? { done: true } : { notYet: `${status} ${message}` };
  });
}

/** How soon the template was applied after the namespace had come, without the time that kubectl itself took. */
export function hardenedInTime(calls: readonly KubectlCall[], namespace: string): Measured {
  const came = creationOf(calls, namespace);
  const hardened = hardeningOf(calls);
  const limitMs = promised.isolation.hardenedMs;
  const measured = {
    subject: `${namespace}: hardened after it came`,
    vantage: atWorkstation,
    expected: `within ${limitMs / 1000} s, the time of kubectl itself not counted`,
  };
  if (came === undefined || came.status !== 0) return { ...measured, saw: 'it never came', held: false };
  if (hardened === undefined) return { ...measured, saw: 'never', held: false };
  const ownMs = ownTimeMs(calls, { fromMs: came.endedMs, toMs: hardened.endedMs });
  const allMs = hardened.endedMs - came.endedMs;
  return { ...measured, saw: `after ${seconds(ownMs)}, with kubectl ${seconds(allMs)}`, held: ownMs <= limitMs, raw: calls };
}

/** Times of log-kubectl.sh are cut off to 10 ms, at both ends of a pause. */
const cutOffMs = 20;

/** The looks for a namespace that does not come: as many as promised and as far apart; or the script makes it itself. */
export function looksAsPromised(calls: readonly KubectlCall[], namespace: string): Measured {
  const looks = looksFor(calls, namespace);
  const pauses = pausesMs(looks);
  const { provisioningLooks: most, provisioningPauseMs: pauseMs } = promised.isolation;
  const isMade = creationOf(calls, namespace) !== undefined;
  const between = pauses.length === 0 ? '' : `, ${seconds(Math.min(...pauses))} to ${seconds(Math.max(...pauses))} apart`;
  return {
    subject: 'looks for a namespace that never comes',
    vantage: atWorkstation,
    expected: `${most}, at least ${seconds(pauseMs)} apart, unless the script makes it itself`,
    saw: `${looks.length}${between}${isMade ? ', and the script makes it itself' : ''}`,
    held: isMade || (looks.length === most && pauses.every((each) => each >= pauseMs - cutOffMs)),
    raw: calls,
  };
}

/** The wait for a namespace that never comes: its looks times their usual pause, for single pauses are longer on a busy machine. */
export function givenUpInTime(calls: readonly KubectlCall[], namespace: string): Measured {
  const { provisioningLooks, provisioningPauseMs, provisioningGivenUpMs: mostMs } = promised.isolation;
  const leastMs = provisioningLooks * provisioningPauseMs;
  const isMade = creationOf(calls, namespace) !== undefined;
  const looks = looksFor(calls, namespace);
  const waitedMs = looks.length * median(pausesMs(looks));
  return {
    subject: 'wait for a namespace that never comes',
    vantage: atWorkstation,
    expected: `looks and their usual pause make ${seconds(leastMs)} to ${seconds(mostMs)}, unless the script makes it itself`,
    saw: `${seconds(waitedMs)}${isMade ? ', and the script makes it itself' : ''}`,
    held: waitedMs <= mostMs && (isMade || waitedMs >= leastMs - provisioningLooks * cutOffMs),
  };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}

/** The control: a namespace that is there is waited for by nobody. */
export function endsAtOnce(calls: readonly KubectlCall[], namespace: string): Measured {
  const looks = looksFor(calls, namespace).length;
  const ownMs = wholeOwnTimeMs(calls);
  const limitMs = promised.isolation.provisionedMs;
  return {
    subject: 'for a namespace that is there',
    vantage: atWorkstation,
    expected: `one look, and an end within ${seconds(limitMs)}, the time of kubectl itself not counted`,
    saw: `${looks}, and ${seconds(ownMs)}`,
    held: looks === 1 && ownMs < limitMs,
  };
}

function wholeOwnTimeMs(calls: readonly KubectlCall[]): number {
  const [first] = calls;
  if (first === undefined) return 0;
  return ownTimeMs(calls, { fromMs: first.beganMs, toMs: Math.max(...calls.map(({ endedMs }) => endedMs)) });
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
