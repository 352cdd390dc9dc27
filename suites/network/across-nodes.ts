import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promised } from '../../guide/limits.ts';
import { equal, lateIf } from '../../harness/engine/measured.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { type ClaimAttempt, type Destination, type Source, claim } from '../../harness/probe/claims.ts';
import type { Target } from '../../harness/probe/probe.ts';
import { withArguments } from '../../harness/probe/shell-words.ts';
import { type EchoGroup, type EchoPod, onEveryWorker } from '../fixtures/echo-group.ts';

/** A port of echo pods that nobody listens on. */
const closedPort = 8079;

/** A pod as a source, under a name that is the same in every run. */
export function fromPod({ node, place }: Pick<EchoPod, 'node' | 'place'>): Source {
  return { name: `pod on ${node}`, place };
}

/** A pod's HTTP port as a target, under a name that is the same in every run. */
export function toPod({ node, tcp }: Pick<EchoPod, 'node' | 'tcp'>): Destination {
  return { name: `pod on ${node}`, target: tcp };
}

/** A port of a pod that nobody listens on. */
export function toClosedPort({ node, address }: Pick<EchoPod, 'node' | 'address'>): Destination {
  return {
    name: `pod on ${node}, a port that nobody listens on`,
    target: { kind: 'tcp', host: address, port: closedPort },
  };
}

/** Every pod of a group reaches every other, small and large, TCP and UDP, and is seen with its own address. */
export async function acrossNodes(context: CheckContext, { pods }: EchoGroup): Promise<void> {
  const { cluster, connect, control, observe, signal } = context;
  control(onEveryWorker(cluster, pods));
  const pairs = pods.flatMap((from) => pods.filter((to) => to !== from).map((to) => ({ from, to })));
  const claims = pods.map((from) => claim(attemptsOf(from, pods)));
  const outcomes = await connect(claims);
  const tried = claims.flatMap(({ attempts }, from) =>
    attempts.map(({ to }, index) => ({ target: to.target, outcome: outcomes[from]?.[index] })),
  );
  // A datagram makes no connection, and its time is mostly that of the program that sends it.
  const slow = tried.flatMap(({ target, outcome }) =>
    target.kind === 'tcp' && outcome?.kind === 'connected' && outcome.afterMs > promised.network.podConnectedMs ? [outcome] : [],
  );
  observe({
    subject: 'slowest connection between two pods',
    vantage: 'pod on each worker',
    expected: `within ${promised.network.podConnectedMs / 1000} s`,
    saw: slow.map(({ afterMs }) => `${afterMs} ms`).join(', ') || 'within that time',
    held: slow.length === 0,
    ...lateIf(slow.length > 0),
  });
  const seed = randomBytes(32).toString('hex');
  const large = await Promise.all(
    pairs.map(async ({ from, to }) => ({ from, to, ...(await transferred(cluster, { from, to, seed }, signal)) })),
  );
  for (const { from, to, bytes, source } of large) {
    const vantage = `pod on ${from.node}`;
    observe({
      ...equal(`64 KiB sent from the pod on ${from.node} to the pod on ${to.node} and back`, {
        expected: `${seed.length * 2 ** doublings} bytes, the same`,
        saw: bytes,
        vantage,
      }),
      ...lateIf(bytes.includes(curlTimedOut)),
    });
    observe({
      ...equal(`source that the pod on ${to.node} sees of the pod on ${from.node}`, { expected: from.address, saw: source, vantage }),
      ...lateIf(source === ''),
    });
  }
}

/** All others by TCP and UDP; as controls itself, and a closed port of itself. */
function attemptsOf(from: EchoPod, pods: readonly EchoPod[]): ClaimAttempt[] {
  const source = fromPod(from);
  const to = ({ node }: EchoPod, target: Target): Destination => ({ name: `pod on ${node}, ${target.kind}`, target });
  const others = pods.filter((pod) => pod !== from);
  return [
    ...others.flatMap((pod): ClaimAttempt[] => [
      { role: 'observation', from: source, to: to(pod, pod.tcp), expect: 'reached' },
      { role: 'observation', from: source, to: to(pod, pod.udp), expect: 'reached' },
    ]),
    { role: 'control', from: source, to: to(from, from.tcp), expect: 'reached' },
    { role: 'control', from: source, to: toClosedPort(from), expect: 'not-reached' },
  ];
}

interface Transfer {
  readonly from: Pick<EchoPod, 'place'>;
  readonly to: Pick<EchoPod, 'url'>;
  readonly seed: string;
}

/** 64 hexadecimal digits become 64 KiB, larger than any MTU. */
const doublings = 10;
/** The promise is that it comes whole, not how fast: an echo pod has a fifth of a processor. */
const transferSeconds = 10;
/** How curl says that these were over (curl, Exit codes). */
const curlTimedOut = 'curl: (28)';

/** Sends a payload and compares the echo in the pod itself; then asks for the source that was seen. */
async function transferred(
  { kubernetes }: Cluster,
  { from, to, seed }: Transfer,
  signal: AbortSignal,
): Promise<{ bytes: string; source: string }> {
  const program = await readFile(join(import.meta.dirname, 'transfer.sh'), 'utf8');
  const script = withArguments(program, [seed, String(doublings), String(transferSeconds), to.url]);
  const [first = '', second = ''] = (await kubernetes.run(from.place, script, signal)).trim().split('\n');
  const size = /^same (\d+)$/.exec(first.trim())?.[1];
  return { bytes: size === undefined ? first : `${size} bytes, the same`, source: second.replace(/:\d+$/, '') };
}
