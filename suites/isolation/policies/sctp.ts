import type { CheckContext } from '../../../harness/platform/check.ts';
import type { EchoPod } from '../../fixtures/echo-group.ts';
import type { Target } from '../../../harness/probe/probe.ts';

const port = 8082;

/** Says so and goes on in the background; where the kernel has no SCTP, agnhost ends at once. */
const serve = `timeout 60 /agnhost netexec --http-port=18082 --udp-port=-1 --sctp-port=${port} >/tmp/sctp.log 2>&1 </dev/null &
for _ in 1 2 3 4 5; do sleep 0.2; grep -q 'Started SCTP server' /tmp/sctp.log && break; done
grep 'SCTP' /tmp/sctp.log || true`;

/** An SCTP server in a pod for a minute, as a target; none where the pod's kernel has no SCTP, which is noted. */
export async function sctpTargets(
  { cluster: { kubernetes }, control, signal }: CheckContext,
  { place, namespace, address }: EchoPod,
): Promise<Target[]> {
  const output = await kubernetes.run(place, serve, signal);
  const serves = output.includes('Started SCTP server');
  control({
    subject: `an SCTP server in ${namespace}`,
    vantage: `${place.namespace}/${place.pod}`,
    expected: 'started, or not in this kernel',
    saw: output.trim() || 'no answer',
    held: serves || /protocol not supported|socket type not supported|not implemented/i.test(output),
  });
  return serves ? [{ kind: 'sctp', host: address, port }] : [];
}
