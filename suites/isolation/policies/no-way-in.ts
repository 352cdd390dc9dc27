import type { CheckContext } from '../../../harness/platform/check.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { atApi, noneOf } from '../../../harness/engine/measured.ts';
import { answerText, tryToMake } from '../admission.ts';
import type { NetworkPolicy } from './kubernetes-policy.ts';
import { type LivingPolicies, livingPolicies } from './living-policies.ts';
import { type Direction, type Opening, type Policy, type PolicyNamespace, openingText, openings, waysBetween } from './policy-model.ts';
import { includesProtocol } from './port-ranges.ts';

type Observer = Pick<CheckContext, 'cluster' | 'signal' | 'observe' | 'control'>;

const finds = 'the same look at a NetworkPolicy that admits every namespace, as a dry run';

/** Observes, of every tenant that lives, that its policies and those of each other tenant together let no traffic of a protocol through. */
export async function observeNoWayBetweenTenants(context: Observer, protocols: readonly string[]): Promise<void> {
  const living = await livingPolicies(context);
  const { tenants, policies } = living;
  const ways = (from: PolicyNamespace, among: readonly Policy[]): string[] =>
    tenants
      .filter(({ name }) => name !== from.name)
      .flatMap((to) =>
        waysBetween(among, from, to)
          .filter(({ ports }) => protocols.some((protocol) => includesProtocol(ports, protocol)))
          .map((way) => `to ${to.name} by ${openingText(way)}`),
      );
  const [first, second] = tenants;
  if (first === undefined || second === undefined) throw new Error('there are no two tenants');
  for (const tenant of tenants)
    context.observe(
      noneOf(`policies that open ${protocols.join(', ')} from ${tenant.name} to another tenant`, { saw: ways(tenant, policies) }),
    );
  const planted = await Promise.all([first, second].map(({ name }) => plantedPolicy(context, living, name)));
  const found = ways(first, [...policies, ...planted]);
  context.control({ subject: `${finds}, in ${first.name} and ${second.name}`, vantage: atApi, expected: 'a way', ...shown(found) });
}

/** Observes, of every tenant that lives, that its own side alone is closed to other namespaces in a direction. */
export async function observeClosedHalf(
  context: Observer,
  {
    direction,
    others,
  }: {
    direction: Direction;
    /** Which other namespaces must not be admitted. */ others: (living: LivingPolicies) => readonly PolicyNamespace[];
  },
): Promise<void> {
  const living = await livingPolicies(context);
  const { tenants, policies } = living;
  const foreign = others(living);
  const ways = (own: PolicyNamespace, among: readonly Policy[]): string[] =>
    byOpening(
      foreign.filter(({ name }) => name !== own.name),
      (other) => openings(among, { own, other, direction }),
    );
  for (const tenant of tenants)
    context.observe(noneOf(`policies of ${tenant.name} that admit other namespaces, ${direction}`, { saw: ways(tenant, policies) }));
  const [first] = tenants;
  if (first === undefined) throw new Error('there is no tenant');
  const found = ways(first, [...policies, await plantedPolicy(context, living, first.name)]);
  context.control({ subject: `${finds}, in ${first.name}, ${direction}`, vantage: atApi, expected: 'an opening', ...shown(found) });
}

/** Observes, of every tenant that lives, that its policies let its own pods reach each other on any port and protocol. */
export async function observeOpenToItself(context: Observer): Promise<void> {
  const { tenants, policies } = await livingPolicies(context);
  const isWhole = ({ ports }: Opening): boolean =>
    ports.some(({ protocol, first, last }) => protocol === 'any' && first <= 1 && last === 65_535);
  for (const own of tenants) {
    const ways = waysBetween(policies, own, own).filter(isWhole);
    context.observe({
      subject: `policies of ${own.name} that open every port and protocol between its own pods`,
      vantage: atApi,
      expected: 'a way',
      ...shown(ways.map(openingText)),
    });
  }
  const [first, second] = tenants;
  if (first === undefined || second === undefined) throw new Error('there are no two tenants');
  context.control(noneOf(`the same from ${first.name} to ${second.name}`, { saw: waysBetween(policies, first, second).map(openingText) }));
}

function shown(found: readonly string[]): { saw: string; held: boolean } {
  return { saw: found.join('; ') || 'none', held: found.length > 0 };
}

/** Each opening once, with the namespaces that it admits. */
function byOpening(others: readonly PolicyNamespace[], find: (other: PolicyNamespace) => readonly Opening[]): string[] {
  const found = others.flatMap((other) => find(other).map((opening) => ({ other: other.name, text: openingText(opening) })));
  return [...Map.groupBy(found, ({ text }) => text)].map(([text, each]) => `${text} for ${each.map(({ other }) => other).join(', ')}`);
}

/** A policy as it would exist if it were made. */
async function plantedPolicy({ cluster: { kubernetes }, signal }: Observer, { read }: LivingPolicies, namespace: string): Promise<Policy> {
  const [policy = {}] = await readManifest(`${import.meta.dirname}/admit-every-namespace.yaml`, {
    NAME: `conform-leak-${nonce()}`,
    NAMESPACE: namespace,
  });
  const answer = await tryToMake(kubernetes, policy, { signal, dryRun: true });
  if (answer.status !== 201) throw new Error(`a NetworkPolicy as a dry run in ${namespace}: ${answerText(answer)}`);
  return read(answer.body as NetworkPolicy);
}
