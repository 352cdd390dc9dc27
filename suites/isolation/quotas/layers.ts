import type { Claim, Destination, Source } from '../../../harness/probe/claims.ts';
import { denial } from '../../../harness/probe/claims.ts';
import { blocked, cameThrough, outcomeText } from '../../../harness/probe/outcome.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { EchoGroup, EchoPod } from '../../fixtures/echo-group.ts';
import type { ScratchTenant } from '../../fixtures/scratch-tenant.ts';
import { answerText, tryToMake } from '../admission.ts';
import { container, podWith } from '../tenant-objects.ts';

/** A scratch tenant with pods, and the pods of a namespace without policies, which are no tenant's. */
export interface LayeredTenant extends ScratchTenant {
  readonly pods: EchoGroup;
  readonly outsiders: EchoGroup;
}

/** One of the four layers of the guide's Tenant Isolation Model. */
export interface Layer {
  readonly name: string;
  /** The kinds of the template's objects that it consists of; without them it is gone. */
  readonly kinds: readonly string[];
  /** One look at whether it refuses the one thing that it alone refuses. */
  look(tenant: LayeredTenant, context: CheckContext): Promise<Look>;
  /** The proof that it is enforced. */
  prove(tenant: LayeredTenant, context: CheckContext, when: string): Promise<void>;
}

/** Neither proves nothing: one direction of two, or a pod that is refused for another reason. */
interface Look {
  readonly is: 'enforced' | 'gone' | 'neither';
  readonly text: string;
}

/** Within the cap of a container, and two of them beyond the quota of 2 CPU. */
const half = { requests: { cpu: '1500m', memory: '64Mi' }, limits: { cpu: '1500m', memory: '64Mi' } };
/** Within the quota of 4 CPU, and beyond the cap of a container. */
const wide = { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '2001m', memory: '64Mi' } };

export const layers: readonly Layer[] = [
  {
    name: 'NetworkPolicy: an outsider dials the tenant, and the tenant an outsider',
    kinds: ['NetworkPolicy'],
    look: lookAtConnections,
    prove: async (tenant, { connect }, when) => void (await connect(separation(tenant, when))),
  },
  byApi({
    name: 'ResourceQuota: a pod that requests 3 CPU',
    kinds: ['ResourceQuota'],
    look: async (tenant, context) =>
      lookAtPod(tenant, context, { containers: [container('one', half), container('two', half)], words: 'exceeded quota: tenant-quota' }),
  }),
  byApi({
    name: 'LimitRange: a container with a limit of 2001m',
    kinds: ['LimitRange'],
    look: async (tenant, context) =>
      lookAtPod(tenant, context, { containers: [container('one', wide)], words: 'maximum cpu usage per Container is 2' }),
  }),
  byApi({
    name: "RBAC: tenant-sa lists the pods of its own namespace, and another tenant's",
    kinds: ['Role', 'RoleBinding'],
    look: async ({ asTenant, namespace }, { cluster, signal }) => {
      const list = async (where: string): Promise<number> =>
        (await asTenant.request({ method: 'GET', path: `/api/v1/namespaces/${where}/pods` }, signal)).status;
      const [own, other] = await Promise.all([list(namespace), list(cluster.documented.tenants.bob)]);
      return lookOf({ enforced: own === 200 && other === 403, gone: own === 403, text: `own ${own}, other ${other}` });
    },
  }),
];

/** A layer that the API server enforces: one look is the proof. */
function byApi({ name, kinds, look }: Omit<Layer, 'prove'>): Layer {
  return {
    name,
    kinds,
    look,
    prove: async (tenant, context, when) => {
      const { is, text } = await look(tenant, context);
      context.observe({ subject: `${name}; ${when}`, vantage: tenant.namespace, expected: 'enforced', saw: text, held: is === 'enforced' });
    },
  };
}

function lookOf({ enforced, gone, text }: { enforced: boolean; gone: boolean; text: string }): Look {
  if (enforced) return { is: 'enforced', text };
  return { is: gone ? 'gone' : 'neither', text };
}

async function lookAtPod(
  { namespace }: LayeredTenant,
  { cluster: { kubernetes }, signal }: CheckContext,
  { containers, words }: { containers: readonly object[]; words: string },
): Promise<Look> {
  const answer = await tryToMake(kubernetes, podWith(namespace, 'conform-asked', { containers }), { signal, dryRun: true });
  return lookOf({
    enforced: answer.status === 403 && answer.message.includes(words),
    gone: answer.status === 201,
    text: answerText(answer),
  });
}

/**
 * Only for the wait until a change is in force. Out, a tenant without policies of its own may still be held by
 * deny-tenant-to-platform-egress: where a policy selects a pod, no rule means no.
 */
async function lookAtConnections({ pods, outsiders }: LayeredTenant, { cluster, signal }: CheckContext): Promise<Look> {
  const [inside, outside] = [pods.pods[0], outsiders.pods[0]];
  const [[coming], [going]] = await Promise.all([
    cluster.probe(outside.place, [inside.tcp], signal),
    cluster.probe(inside.place, [outside.tcp], signal),
  ]);
  if (coming === undefined || going === undefined) throw new Error('a probe gave no outcome');
  const both = [coming, going];
  if (both.some(({ kind }) => kind === 'failed')) throw new Error(`a probe did not work: ${both.map(outcomeText).join(', ')}`);
  return lookOf({
    enforced: both.every(blocked),
    gone: cameThrough(inside.tcp, coming),
    text: `in: ${outcomeText(coming)}, out: ${outcomeText(going)}`,
  });
}

/** Neither direction connects; each side reaches its own, and is reached by its own. */
function separation({ pods, outsiders }: LayeredTenant, when: string): Claim[] {
  const source = (of: string, { place }: EchoPod): Source => ({ name: `${of}, ${when}`, place });
  const target = (name: string, { tcp }: EchoPod): Destination => ({ name, target: tcp });
  const [inside, beside] = pods.pods;
  const [outside, next] = outsiders.pods;
  return [
    denial({
      from: source('an outsider', outside),
      to: target('the tenant', inside),
      sameSourceReaches: target('another outsider', next),
      targetAnswers: source('the tenant beside it', beside),
    }),
    denial({
      from: source('the tenant', inside),
      to: target('an outsider', outside),
      sameSourceReaches: target('the tenant beside it', beside),
      targetAnswers: source('another outsider', next),
    }),
  ];
}
