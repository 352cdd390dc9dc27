import type { V1Pod } from '@kubernetes/client-node';
import type { Profile } from '../../../guide/cluster.ts';
import { atApi, noneOf } from '../../../harness/engine/measured.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import { type LivingTenant, livingTenants } from '../../fixtures/living-tenants.ts';
import { answerText, tryToMake } from '../admission.ts';
import { podWith } from '../tenant-objects.ts';
import { type Ask, gated } from './forbidden-pods.ts';

type Observer = Pick<CheckContext, 'cluster' | 'signal' | 'observe'>;

export const whichLevel = async (): Promise<string> =>
  'kubectl get namespaces -L pod-security.kubernetes.io/enforce, and the PodSecurity defaults of the API server (E45): what admits the pod?';

/**
 * Looks at every tenant's namespace that exists: its pod security label, each forbidden pod as a dry run, and the pods that live
 * there. An administrator asks, for the level is the namespace's and no user's.
 */
export async function observeLivingSecurity(context: Observer, asks: readonly Ask[]): Promise<void> {
  const { cluster, observe } = context;
  const [tenants, { items: pods }] = await Promise.all([
    livingTenants(cluster.kubernetes),
    cluster.kubernetes.core.listPodForAllNamespaces(),
  ]);
  await Promise.all(
    tenants.map(async (tenant) => {
      const { name } = tenant;
      observe(labelled(tenant, cluster.descriptor.profile));
      const own = pods.filter(({ metadata }) => metadata?.namespace === name);
      for (const { asks: what, has } of asks)
        observe(noneOf(`pods of ${name} that have ${what}`, { saw: own.filter(has).map(({ metadata }) => metadata?.name ?? '') }));
      await Promise.all(
        asks.map(async (ask) => observe(withheld(`a pod that asks for ${ask.asks} in ${name}`, await askIn(context, name, ask), ask))),
      );
    }),
  );
}

/** The levels that refuse what these checks try (kubernetes.io, Pod Security Standards). */
const closedLevels = ['baseline', 'restricted'];

/** The template sets the label where E45 is corrected; as written it sets none, and the default of the API server decides. */
function labelled({ name, labels }: LivingTenant, profile: Profile): Measured {
  const level = labels['pod-security.kubernetes.io/enforce'];
  const isClosed = level === undefined ? profile === 'as-written' : closedLevels.includes(level);
  return {
    subject: `pod security label of ${name}`,
    vantage: atApi,
    expected: `${closedLevels.join(' or ')}${profile === 'as-written' ? ', or none' : ''}`,
    saw: level ?? 'none',
    held: isClosed,
  };
}

async function askIn({ cluster: { kubernetes }, signal }: Observer, namespace: string, { spec }: Ask): Promise<ApiAnswer> {
  return tryToMake(kubernetes, podWith(namespace, `conform-asks-${nonce()}`, { ...gated, ...spec }), { signal, dryRun: true });
}

/** Refused by the pod security level; or admitted without it, as the API drops a field whose feature is off (procMount in Kubernetes 1.30). */
export function withheld(
  subject: string,
  answer: ApiAnswer,
  { words, has, vantage = atApi }: Pick<Ask, 'words' | 'has'> & { vantage?: string },
): Measured {
  const dropped = answer.status === 201 && !has(answer.body as V1Pod);
  const byLevel = answer.status === 403 && answer.message.includes('violates PodSecurity') && answer.message.includes(words);
  return {
    subject,
    vantage,
    expected: `403, violates PodSecurity, naming ${words}`,
    saw: dropped ? '201, without it: the API has dropped the field' : answerText(answer),
    held: dropped || byLevel,
  };
}
