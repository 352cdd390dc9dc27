import { type Measured } from '../../harness/engine/evidence.ts';
import { equal, lateIf } from '../../harness/engine/measured.ts';
import { type Outcome, type Target, outcomeText } from '../../harness/probe/probe.ts';
import { worked } from '../../harness/probe/worked.ts';

/** The API's own Service by its full name. */
export const apiServiceName = 'kubernetes.default.svc.cluster.local';

export function asked(server: string, name: string, over: 'udp' | 'tcp' = 'udp'): Target {
  return { kind: 'dns', server, name, over };
}

/** A name server's answer, for example `NOERROR 10.96.0.1`; else the outcome in words. Throws where the probe did not work. */
export function told(outcome: Outcome | undefined): string {
  const seen = worked(outcome);
  return seen.kind === 'resolved' ? `${seen.code} ${seen.addresses.join(', ')}`.trim() : outcomeText(seen);
}

/** An answer that must be exactly this one. */
export function answer(
  subject: string,
  { expected, outcome, vantage }: { expected: string; outcome: Outcome | undefined; vantage: string },
): Measured {
  return { ...equal(subject, { expected, saw: told(outcome), vantage }), ...lateIf(outcome?.kind === 'timeout') };
}
