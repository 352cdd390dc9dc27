import type { Basis, Capability, Observation, Verdict } from './run-record.ts';

/** Why a check could not come to a decision. */
interface CouldNotLook {
  readonly reason: string;
  readonly next: string;
}

const noControl = 'no control looked at the cluster: nothing proves that the observations could have come out the other way';
const rerun = 'rerun it alone; if it stays so, diagnosis.txt beside the report shows the state of the cluster';

/**
 * The verdict on a requirement, from its observations and nothing else. In this order: could not look, nothing observed,
 * a control that failed: `inconclusive`; an observation that does not hold: `broken`; no control at all: `inconclusive`, for
 * nothing proves that the observations could have come out the other way; else `kept`.
 */
export function verdictOf(observations: readonly Observation[], failure?: CouldNotLook): Verdict {
  if (failure !== undefined) return { kind: 'inconclusive', ...failure };
  const looked = observations.filter(({ role }) => role === 'observation');
  if (looked.length === 0) return { kind: 'inconclusive', reason: 'the check ended without an observation', next: rerun };
  const failedControls = observations.filter(({ role, held }) => role === 'control' && !held);
  if (failedControls.length > 0)
    return { kind: 'inconclusive', reason: `a control failed: ${failedControls.map(describe).join('; ')}`, next: rerun };
  const failed = looked.filter(({ held }) => !held);
  if (failed.length === 0)
    return looked.length === observations.length ? { kind: 'inconclusive', reason: noControl, next: rerun } : { kind: 'kept' };
  return {
    kind: 'broken',
    expected: distinct(failed, (each) => `${each.subject}: ${each.expected}`),
    saw: summary(failed, looked.length),
    next: '',
  };
}

/** Whether a promise was not seen kept although its check looked, or tried to. */
export function didNotHold({ kind }: Pick<Verdict, 'kind'>): boolean {
  return kind === 'broken' || kind === 'inconclusive';
}

/**
 * Whether a verdict is `broken` for nothing but time-outs: all that should have come has not come in time, and nothing has come
 * that should not, or otherwise than it should.
 */
export function restsOnTimeouts({
  verdict,
  observations,
}: {
  readonly verdict: Verdict;
  readonly observations: readonly Observation[];
}): boolean {
  const failed = observations.filter(({ role, held }) => role === 'observation' && !held);
  return verdict.kind === 'broken' && failed.length > 0 && failed.every(({ late }) => late === true);
}

function summary(failed: readonly Observation[], total: number): string {
  const share = total === 1 ? '' : `${failed.length} of ${total} observations: `;
  return share + distinct(failed, (each) => `${each.subject}: ${each.saw}`);
}

function distinct(observations: readonly Observation[], text: (each: Observation) => string): string {
  const texts = [...new Set(observations.map(text))];
  const shown = texts.slice(0, 4);
  return texts.length > shown.length ? `${shown.join('; ')}; and ${texts.length - shown.length} more` : shown.join('; ');
}

function describe({ subject, expected, saw }: Observation): string {
  return `${subject}: expected ${expected}, saw ${saw}`;
}

/** Whether a second look, alone, came to another kind of verdict than the first one beside other checks. */
export function isFlaky(first: Verdict, second: Verdict): boolean {
  return first.kind !== second.kind;
}

/** `stand-in` as soon as one part that the requirement needs, or that its check touched, is not the documented one. */
export function basisOf(needs: readonly string[], capabilities: Readonly<Record<string, Capability>>): Basis {
  const components = [...new Set(needs)].flatMap((need) => {
    const capability = capabilities[need];
    return capability?.kind === 'stand-in' ? [capability.for] : [];
  });
  return components.length === 0 ? { kind: 'real' } : { kind: 'stand-in', components };
}

/** The reason why a requirement cannot be decided on this cluster, or undefined when it can. */
export function absentNeed(needs: readonly string[], capabilities: Readonly<Record<string, Capability>>): string | undefined {
  for (const need of needs) {
    const capability = capabilities[need];
    if (capability === undefined) return `capability ${need} is absent: the provider does not name it`;
    if (capability.kind === 'absent') return `capability ${need} is absent: ${capability.reason}`;
  }
  return undefined;
}
