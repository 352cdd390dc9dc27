import { readFileSync } from 'node:fs';
import type { CheckContext } from '../../harness/platform/check.ts';
import { type Claim, type ClaimAttempt, type Source, noAnswer } from '../../harness/probe/claims.ts';
import type { Outcome } from '../../harness/probe/outcome.ts';
import { type AtPlace, byPlace } from '../../harness/probe/places.ts';
import { timeoutSeconds } from '../../harness/probe/probe.ts';
import { shellCommand } from '../../harness/probe/shell-words.ts';
import { curlOutcome } from '../../harness/probe/tools/curl.ts';

const program = readFileSync(`${import.meta.dirname}/next-hop.sh`, 'utf8');

/** A host on the nodes' own network as a source that takes a node as next hop, as any machine of that network can. */
export interface NextHopSource extends Source {
  readonly through: string;
}

const lan = 'lan';

export function lanThrough(node: string): NextHopSource {
  return { name: `${lan} through ${node}`, place: { host: lan }, through: node };
}

/** The first local port of each user: two that run at the same time must not share ports and routing tables. */
export const firstPorts = { otherDoors: 29_100, defaultDeny: 29_300, longhorn: 29_500, canine: 29_600, opencost: 29_700 } as const;

type Look = Pick<CheckContext, 'cluster' | 'changes' | 'signal'>;
type Routed = ClaimAttempt & { readonly from: NextHopSource };

/**
 * Tries all attempts of some claims in one instant, those of a `lanThrough` by way of its node, and returns the claims with their
 * outcomes. Throws for a next hop to anything but a TCP port.
 */
export async function triedThroughNodes(look: Look, claims: readonly Claim[], firstPort: number): Promise<Claim[]> {
  const attempts = claims.flatMap((each) => each.attempts);
  const routes = await openRoutes(look, attempts.filter(isRouted), firstPort);
  const others = byPlace(
    attempts.filter((each) => !isRouted(each)),
    ({ from }) => from.place,
  );
  // A place that cannot be prepared cannot be probed from either, and says so then.
  await Promise.allSettled(others.map(async ({ place }) => look.cluster.prepare(place)));
  const tried = await Promise.all([tryRoutes(look, routes), ...others.map(async (group) => tryAt(look, group))]);
  const outcomes = new Map(tried.flatMap((each) => [...each]));
  return claims.map((each) => ({ attempts: each.attempts.map((attempt) => ({ ...attempt, seen: outcomes.get(attempt) ?? noAnswer })) }));
}

function isRouted(attempt: ClaimAttempt): attempt is Routed {
  return 'through' in attempt.from;
}

/** An attempt with the local port that leads it through its node. */
interface Route {
  readonly attempt: Routed;
  readonly localPort: number;
}

/** Makes the routes, a table for each node; they go with the changes of the check. */
async function openRoutes({ cluster, changes, signal }: Look, routed: readonly Routed[], firstPort: number): Promise<Route[]> {
  const byNode = [...Map.groupBy(routed, ({ from }) => from.through)];
  const routes = byNode.flatMap(([, group]) => group).map((attempt, index) => ({ attempt, localPort: firstPort + index }));
  const tables = byNode.flatMap(([node]) => {
    const ports = routes.filter(({ attempt }) => attempt.from.through === node).map(({ localPort }) => localPort);
    const address = cluster.documented.nodes.find(({ name }) => name === node)?.address ?? node;
    return [address, String(Math.min(...ports)), String(Math.max(...ports))];
  });
  const command = (verb: 'add' | 'remove'): string[] => [...cluster.vantage(lan).command, ...shellCommand(program, [verb, ...tables])];
  await changes.command(
    { what: 'routes of the LAN host through nodes, for local ports of their own', run: command('add'), undo: command('remove') },
    signal,
  );
  return routes;
}

async function tryRoutes({ cluster, signal }: Look, routes: readonly Route[]): Promise<Map<ClaimAttempt, Outcome>> {
  const targets = routes.flatMap(({ attempt: { to }, localPort }) => {
    if (to.target.kind !== 'tcp') throw new TypeError(`${to.name} is no TCP port: only those are tried through a node`);
    return [String(localPort), to.target.host, String(to.target.port)];
  });
  const output = await cluster.runAt(lan, shellCommand(program, ['try', String(timeoutSeconds()), ...targets]), signal);
  return new Map(routes.map(({ attempt, localPort }) => [attempt, outcomeOf(output, localPort)]));
}

async function tryAt({ cluster, signal }: Look, { place, items }: AtPlace<ClaimAttempt>): Promise<Map<ClaimAttempt, Outcome>> {
  const targets = items.map(({ to }) => to.target);
  const outcomes = await cluster.probe(place, targets, signal);
  return new Map(items.map((attempt, index) => [attempt, outcomes[index] ?? noAnswer]));
}

/** Whether a connection came about is what counts, not what a server says to a request for a web page. */
export function outcomeOf(output: string, localPort: number): Outcome {
  const line = output.split('\n').find((each) => each.startsWith(`${localPort} `));
  if (line === undefined)
    return { kind: 'failed', text: `no answer from curl at local port ${localPort}: ${output.slice(0, 300)}`, afterMs: 0 };
  const [, code = '', connections = '', connected = '', total = '', ...error] = line.split(' ');
  const [connectedAfterMs, afterMs] = [connected, total].map((seconds) => Math.round(Number(seconds) * 1000));
  if (Number(connections) > 0) return { kind: 'connected', afterMs: connectedAfterMs ?? 0 };
  return curlOutcome({
    code: Number(code),
    body: '',
    error: error.join(' '),
    hadConnection: false,
    connectedAfterMs: 0,
    afterMs: afterMs ?? 0,
  });
}
