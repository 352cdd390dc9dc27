import { readFile } from 'node:fs/promises';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Destination } from '../../../harness/probe/claims.ts';
import type { EchoPod } from '../../fixtures/echo-group.ts';

const port = 8082;
const httpPort = 18_082;

/** An SCTP server in a pod for a minute, as a target; none where the pod's kernel has no SCTP, which is noted. */
export async function sctpTargets(
  { cluster: { kubernetes, placeText }, control, signal }: CheckContext,
  group: string,
  { place, node, address }: EchoPod,
): Promise<Destination[]> {
  const program = await readFile(`${import.meta.dirname}/sctp-server.sh`, 'utf8');
  const output = await kubernetes.run(place, `set -- ${port} ${httpPort}\n${program}`, signal);
  const serves = output.includes('Started SCTP server');
  control({
    subject: `an SCTP server in the pod of ${group} on ${node}`,
    vantage: placeText(place),
    expected: 'started, or not in this kernel',
    saw: output.trim() || 'no answer',
    held: serves || /protocol not supported|socket type not supported|not implemented/i.test(output),
  });
  return serves ? [{ name: `${group} pod on ${node} port ${port}/sctp`, target: { kind: 'sctp', host: address, port } }] : [];
}
