import type { CheckContext, Measured } from '../../harness/check.ts';
import type { EchoGroup } from '../../harness/fixtures/echo-group.ts';
import { equal, noneOf } from '../../harness/measured.ts';
import { connections } from '../../harness/vantage/connections.ts';
import { type Outcome, outcomeText } from '../../harness/vantage/probe.ts';

/** Connections from each worker; three endpoints are all met with a chance of 1 - 3 * (2/3)^60. */
const attemptsOfWorker = 60;

/** A group's Service answers every new connection of every pod, and all endpoints get some. */
export async function routed(context: CheckContext, group: EchoGroup): Promise<void> {
  const { cluster, observe, signal } = context;
  const url = `http://${group.service.clusterIp}/hostname`;
  const answers = await Promise.all(group.pods.map(async ({ place, node }) => ({ node, outcomes: await cluster.probe(place, Array.from({ length: attemptsOfWorker }, () => ({ kind: 'http' as const, url })), signal) })));
  for (const { node, outcomes } of answers) {
    for (const measured of allAnswered(url, { outcomes, pods: group.pods, vantage: node })) observe(measured);
  }
  await connections(context, group.pods.map(({ place, node }) => ({ role: 'observation', from: place, to: { kind: 'udp', host: group.service.clusterIp, port: 81 }, name: `the Service over UDP from ${node}`, expect: 'reached' })));
  await connections(context, directly(group));
}

/** Every attempt at a Service's URL got an answer, and every pod behind it gave some. */
export function allAnswered(url: string, { outcomes, pods, vantage, note = '' }: { outcomes: readonly Outcome[]; pods: readonly { readonly pod: string }[]; vantage: string; note?: string }): Measured[] {
  return [
    noneOf(`new connections of ${outcomes.length} to ${url}${note} that got no answer`, { saw: outcomes.filter(({ kind }) => kind !== 'answered').map(outcomeText), vantage }),
    equal(`endpoints that answered at ${url}`, { expected: pods.map(({ pod }) => pod), saw: [...new Set(outcomes.flatMap((each) => (each.kind === 'answered' ? [each.body] : [])))], vantage }),
  ];
}

function directly({ pods: [first, second, ...rest] }: EchoGroup) {
  return [first, second, ...rest].map((pod) => ({ role: 'control' as const, from: first.place, to: { kind: 'http' as const, url: `${pod.url}/hostname` }, name: `${pod.pod} itself`, expect: { status: 200 } }));
}
