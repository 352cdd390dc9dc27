import { setTimeout as delay } from 'node:timers/promises';
import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { check } from '../../fixtures/check.ts';
import { type EchoGroup, startEchoGroup, workerNames } from '../../fixtures/echo-group.ts';
import { neutral } from '../../fixtures/groups.ts';
import { type ScratchTenant, scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { refOf } from '../../../harness/platform/kubernetes/raw-objects.ts';
import { blocked, outcomeText, reached } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { answerText, tryToMake } from '../admission.ts';
import { templateDifferences, templateObjects } from './template.ts';
import { container, podWith } from '../tenant-objects.ts';
import { requirements } from '../requirements.ts';

check(
  requirements['ISO-LAYERS-PRESENT'],
  async ({ cluster, observe, control, hint, signal }) => {
    hint(async () => 'NS=<namespace> ./apply-tenant-isolation.sh puts the template back');
    const { items } = await cluster.kubernetes.core.listNamespace();
    const { alice, bob } = cluster.documented.tenants;
    // A tenant's by its name, or because Canine made it for a project; what this run itself made is nobody's.
    const isTenants = ({ metadata }: (typeof items)[number]): boolean =>
      metadata?.name?.startsWith('canine-') === true || metadata?.labels?.['caninemanaged'] === 'true';
    const namespaces = new Set([
      alice,
      bob,
      ...items.filter((each) => isTenants(each) && !each.metadata?.name?.includes('conform')).map(({ metadata }) => metadata?.name ?? ''),
    ]);
    const absent = [alice, bob].filter((name) => items.every(({ metadata }) => metadata?.name !== name));
    if (absent.length > 0) throw new Error(`there is no namespace ${absent.join(', ')} to look at`);
    for (const namespace of namespaces)
      observe(noneOf(`what ${namespace} lacks of the template`, { saw: await templateDifferences(cluster, namespace, signal) }));
    const missing = (await templateObjects(cluster, 'default')).map(({ kind, metadata }) => `${kind} ${metadata?.name} is missing`);
    control(
      equal('what a namespace that was never hardened lacks', {
        expected: missing,
        saw: await templateDifferences(cluster, 'default', signal),
      }),
    );
  },
  { uses: ['canine', 'tenant-alice', 'tenant-bob'] },
);

/** One of the four layers of the guide's Tenant Isolation Model, and what it alone refuses. */
interface Layer {
  readonly name: string;
  /** The kinds of the template's objects that it consists of; without them it is gone. */
  readonly kinds: readonly string[];
  look(tenant: Tenant, context: CheckContext): Promise<Look>;
}

/** Neither is what proves nothing, as one direction of two, or a pod that is refused for another reason. */
interface Look {
  readonly is: 'enforced' | 'gone' | 'neither';
  readonly text: string;
}

function lookOf({ enforced, gone, text }: { enforced: boolean; gone: boolean; text: string }): Look {
  if (enforced) return { is: 'enforced', text };
  return { is: gone ? 'gone' : 'neither', text };
}

interface Tenant extends ScratchTenant {
  readonly pods: EchoGroup;
}

/** Within the cap of a container, and two of them beyond the quota of 2 CPU. */
const half = { requests: { cpu: '1500m', memory: '64Mi' }, limits: { cpu: '1500m', memory: '64Mi' } };
/** Within the quota of 4 CPU, and beyond the cap of a container. */
const wide = { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '2001m', memory: '64Mi' } };

const layers: readonly Layer[] = [
  {
    name: 'NetworkPolicy: an outsider dials the tenant, and the tenant an outsider',
    kinds: ['NetworkPolicy'],
    look: async ({ pods }, { cluster, signal }) => {
      const open = await neutral();
      const [[coming], [going]] = await Promise.all([
        cluster.probe(open.pods[0].place, [pods.pods[0].tcp], signal),
        cluster.probe(pods.pods[0].place, [open.pods[0].tcp], signal),
      ]);
      if (coming === undefined || going === undefined) throw new Error('a probe gave no outcome');
      const both = [coming, going];
      if (both.some(({ kind }) => kind === 'failed')) throw new Error(`a probe did not work: ${both.map(outcomeText).join(', ')}`);
      // Out, a tenant without policies of its own may still be held by deny-tenant-to-platform-egress: where a policy selects a pod, no rule means no.
      return lookOf({
        enforced: both.every(blocked),
        gone: reached(coming),
        text: `in: ${outcomeText(coming)}, out: ${outcomeText(going)}`,
      });
    },
  },
  {
    name: 'ResourceQuota: a pod that requests 3 CPU',
    kinds: ['ResourceQuota'],
    look: async (tenant, context) =>
      refusesPod(tenant, context, { containers: [container('one', half), container('two', half)], words: 'exceeded quota: tenant-quota' }),
  },
  {
    name: 'LimitRange: a container with a limit of 2001m',
    kinds: ['LimitRange'],
    look: async (tenant, context) =>
      refusesPod(tenant, context, { containers: [container('one', wide)], words: 'maximum cpu usage per Container is 2' }),
  },
  {
    name: "RBAC: tenant-sa lists the pods of its own namespace, and another tenant's",
    kinds: ['Role', 'RoleBinding'],
    look: async ({ asTenant, namespace }, { cluster, signal }) => {
      const list = async (where: string): Promise<number> =>
        (await asTenant.request({ method: 'GET', path: `/api/v1/namespaces/${where}/pods` }, signal)).status;
      const [own, other] = await Promise.all([list(namespace), list(cluster.documented.tenants.bob)]);
      return lookOf({ enforced: own === 200 && other === 403, gone: own === 403, text: `own ${own}, other ${other}` });
    },
  },
];

async function refusesPod(
  { namespace }: Tenant,
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

/** A change of a layer is in force within this time; not part of the promise. */
const inForceMs = 15_000;

/** Whether a layer comes to be gone, or to be enforced again. */
async function comesTo(
  layer: Layer,
  tenant: Tenant,
  { context, wanted, when }: { context: CheckContext; wanted: Look['is']; when: string },
): Promise<Measured> {
  const came = await attempt(context.signal, () =>
    until(layer.name, { timeoutMs: inForceMs, everyMs: 300, signal: context.signal }, async () => {
      const { is, text } = await layer.look(tenant, context);
      return is === wanted ? { done: text } : { notYet: text };
    }),
  );
  return {
    subject: `${layer.name}; ${when}`,
    vantage: tenant.namespace,
    expected: wanted,
    saw: came.kind === 'done' ? came.value : came.text,
    held: came.kind === 'done',
  };
}

/** What goes a moment after the layer under removal is missed by the first. */
const looks = [
  { time: 'at once', afterMs: 0 },
  { time: 'a second later', afterMs: 1_000 },
];

check(
  requirements['ISO-LAYERS-INDEPENDENT'],
  async (context) => {
    const { cluster, changes, observe, control, signal } = context;
    const scratch = await scratchTenant(context);
    const tenant: Tenant = {
      ...scratch,
      pods: await startEchoGroup(context, { namespace: scratch.namespace, workers: workerNames(cluster).slice(0, 2) }),
    };
    const objects = await templateObjects(cluster, scratch.namespace);
    for (const gone of layers) {
      const when = `without ${gone.kinds.join(' and ')}`;
      const its = objects.filter(({ kind }) => gone.kinds.includes(kind ?? ''));
      for (const object of its) await changes.remove(refOf(object));
      control(await comesTo(gone, tenant, { context, wanted: 'gone', when }));
      for (const { time, afterMs } of looks) {
        await delay(afterMs, undefined, { signal });
        const found = await Promise.all(
          layers.filter((each) => each !== gone).map(async (layer) => ({ layer, ...(await layer.look(tenant, context)) })),
        );
        for (const { layer, is, text } of found)
          observe({
            subject: `${layer.name}; ${when}, ${time}`,
            vantage: tenant.namespace,
            expected: 'enforced',
            saw: text,
            held: is === 'enforced',
          });
      }
      for (const object of its) await cluster.kubernetes.raw.create(object, signal);
      control(await comesTo(gone, tenant, { context, wanted: 'enforced', when: 'applied again' }));
    }
  },
  { deadlineMs: 180_000 },
);
