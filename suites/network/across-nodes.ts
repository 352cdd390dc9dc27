import { randomBytes } from 'node:crypto';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { type EchoGroup, onEveryWorker } from '../fixtures/echo-group.ts';
import { equal } from '../../harness/engine/measured.ts';
import { type Connection, connections } from '../../harness/probe/connections.ts';

/** Every pod of a group reaches every other, small and large, TCP and UDP, and is seen with its own address. */
export async function acrossNodes(context: CheckContext, { pods }: EchoGroup): Promise<void> {
  context.control(onEveryWorker(context.cluster, pods));
  // Payload: agnhost netexec echoes what it is asked to; larger than any MTU.
  const nonce = randomBytes(32).toString('hex').repeat(1024);
  const pairs = pods.flatMap((from) => pods.filter((to) => to !== from).map((to) => ({ from, to })));
  await connections(
    context,
    pairs.flatMap(({ from, to }): Connection[] => [
      { role: 'observation', from: from.place, to: to.tcp, name: `pod on ${to.node}`, expect: 'reached' },
      { role: 'observation', from: from.place, to: to.udp, name: `pod on ${to.node}`, expect: 'reached' },
    ]),
  );
  await connections(
    context,
    pods.map(({ place, tcp }): Connection => ({ role: 'control', from: place, to: tcp, name: 'itself', expect: 'reached' })),
  );
  const closed = await Promise.all(
    pods.map(async ({ place, address }) => context.cluster.probe(place, [{ kind: 'tcp', host: address, port: 8079 }], context.signal)),
  );
  for (const [index, [outcome]] of closed.entries())
    context.control(
      equal('a port of its own where nobody listens', {
        expected: 'refused',
        saw: outcome?.kind ?? 'not tried',
        vantage: `pod on ${pods[index]?.node}`,
      }),
    );
  const large = await Promise.all(
    pairs.map(async ({ from, to }) => ({ from, to, ...(await transferred(context.cluster, { from, to, nonce }, context.signal)) })),
  );
  for (const { from, to, bytes, source } of large) {
    context.observe(
      equal(`64 KiB sent to ${to.pod} and back`, {
        expected: `${nonce.length} bytes, the same`,
        saw: bytes,
        vantage: `pod on ${from.node}`,
      }),
    );
    context.observe(equal(`who ${to.pod} sees`, { expected: from.address, saw: source, vantage: `pod on ${from.node}` }));
  }
}

interface Transfer {
  readonly from: { readonly place: { namespace: string; pod: string } };
  readonly to: { readonly url: string };
  readonly nonce: string;
}

/** The promise is that it comes whole, not how fast: an echo pod has a fifth of a processor. */
const transferSeconds = 10;

/** Sends a payload in a POST to agnhost's echo, and compares what comes back in the pod itself; then asks who was seen. */
async function transferred(
  { kubernetes }: Cluster,
  { from, to, nonce }: Transfer,
  signal: AbortSignal,
): Promise<{ bytes: string; source: string }> {
  const seed = nonce.slice(0, 64);
  // In variables: a pod sends to several others at the same time, and files would be theirs together.
  const script = `s=${seed}; i=0; while [ $i -lt 10 ]; do s=$s$s; i=$((i+1)); done
b=$(printf 'msg=%s' "$s" | curl -s -S -m ${transferSeconds} --data-binary @- ${to.url}/echo 2>&1); if [ "$b" = "$s" ]; then echo "same \${#b}"; else printf 'other: %.120s\n' "$b" | head -n 1; fi
curl -s -m ${transferSeconds} ${to.url}/clientip`;
  const [first = '', second = ''] = (await kubernetes.run(from.place, script, signal)).trim().split('\n');
  const size = /^same (\d+)$/.exec(first.trim())?.[1];
  return { bytes: size === undefined ? first : `${size} bytes, the same`, source: second.replace(/:\d+$/, '') };
}
