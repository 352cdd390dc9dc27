import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { type Outcome, probeTimeoutSeconds } from '../../../harness/probe/probe.ts';
import { curlOutcome } from '../../../harness/probe/tools/curl.ts';

/** An address of the cluster's own networks, which no router of the LAN knows a way to. */
export interface InnerTarget {
  readonly host: string;
  readonly port: number;
}

export interface NextHopAttempt {
  readonly node: string;
  readonly target: InnerTarget;
  readonly outcome: Outcome;
}

/** Local ports of these attempts, and the numbers of their routing tables, begin here: nothing else uses either. */
const firstPort = 29_100;

/**
 * Tries inner addresses from the LAN host through each node, which any machine of that network can take as next hop for
 * whatever it likes. The routes are for these attempts' own local ports: nothing else that the host does goes that way.
 */
export async function tryThroughNodes(
  { cluster, changes, signal }: Pick<CheckContext, 'cluster' | 'changes' | 'signal'>,
  targets: readonly InnerTarget[],
): Promise<NextHopAttempt[]> {
  const { nodes } = cluster.documented;
  const host = cluster.vantage('lan').command;
  const ways = nodes.map(({ name, address }, index) => ({ name, address, from: firstPort + index * targets.length }));
  const rule = (from: number): string => `rule del ipproto tcp sport ${from}-${from + targets.length - 1} lookup ${from}`;
  await changes.command(
    {
      what: 'routes of the LAN host through each node for local ports of their own',
      run: [
        ...host,
        'sh',
        '-e',
        '-c',
        ways
          .map(({ address, from }) => `ip route add default via ${address} table ${from}; ip ${rule(from).replace('del', 'add')}`)
          .join('\n'),
      ],
      undo: [
        ...host,
        'sh',
        '-c',
        ways
          .map(({ from }) => `while ip ${rule(from)} 2>/dev/null; do :; done; ip route flush table ${from} 2>/dev/null`)
          .concat('true')
          .join('\n'),
      ],
    },
    signal,
  );
  const attempts = ways.flatMap(({ name, from }) => targets.map((target, index) => ({ node: name, target, port: from + index })));
  const output = await cluster.runAt(
    'lan',
    ['sh', '-c', [...attempts.map(({ target, port }) => `${attemptCommand(target, port)} &`), 'wait'].join('\n')],
    signal,
  );
  return attempts.map(({ node, target, port }) => ({ node, target, outcome: outcomeOf(output, port) }));
}

/** Whether a connection came about is what counts, not what a server says to a request for a web page. */
function attemptCommand({ host, port }: InnerTarget, localPort: number): string {
  return `curl -q -s -o /dev/null --noproxy '*' --local-port ${localPort} --max-time ${probeTimeoutSeconds} -w '${localPort} %{exitcode} %{time_connect} %{time_total}\\n' http://${host}:${port}/`;
}

function outcomeOf(output: string, localPort: number): Outcome {
  const [, code = '', connected = '', total = ''] =
    output
      .split('\n')
      .find((line) => line.startsWith(`${localPort} `))
      ?.split(' ') ?? [];
  if (code === '') return { kind: 'failed', text: `no answer from curl at local port ${localPort}: ${output.slice(0, 300)}`, afterMs: 0 };
  const seconds = Number(connected);
  return seconds > 0
    ? { kind: 'connected', afterMs: Math.round(seconds * 1000) }
    : curlOutcome({
        code: Number(code),
        body: '',
        error: '',
        hadConnection: false,
        connectedAfterMs: 0,
        afterMs: Math.round(Number(total) * 1000),
      });
}

/** Where the doors of a cluster are found, for the hint. */
export function nextHopText(cluster: Cluster, { node, target }: NextHopAttempt): string {
  return `${cluster.placeText({ host: 'lan' })} -> ${target.host}:${target.port}/tcp through ${node}`;
}
