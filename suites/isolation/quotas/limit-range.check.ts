import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1Pod } from '@kubernetes/client-node';
import { check } from '../../fixtures/check.ts';
import { fixture } from '../../../harness/platform/check.ts';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { type ScratchTenant, scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { admitted, refused, tryToMake } from '../admission.ts';
import { claim, container, gatedPod, podWith } from '../tenant-objects.ts';
import { requirements } from '../requirements.ts';

/** Dry runs leave nothing in it, so that all checks of the LimitRange can share it. */
const tenant = fixture('tenant of the LimitRange checks', (context): Promise<ScratchTenant> => scratchTenant(context));

/** Guide, Step 6, LimitRange: tenant-limits. */
const defaults = 'limits cpu 500m memory 256Mi, requests cpu 100m memory 128Mi';

/** Of cgroup v2, as on Talos, or else of v1. */
const readLimits = `cd /sys/fs/cgroup
cat cpu.max 2>/dev/null || cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us
cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes`;

function resourcesText({ resources }: { resources?: { limits?: Record<string, string>; requests?: Record<string, string> } }): string {
  const amounts = (of: Record<string, string> | undefined): string => `cpu ${of?.['cpu'] ?? 'none'} memory ${of?.['memory'] ?? 'none'}`;
  return `limits ${amounts(resources?.limits)}, requests ${amounts(resources?.requests)}`;
}

check(requirements['ISO-LIMIT-DEFAULT'], async ({ cluster: { kubernetes, documented }, changes, observe, control, signal }) => {
  const { namespace } = await tenant();
  const bare = async (where: string): Promise<V1Pod> => {
    const { body, status, message } = await tryToMake(kubernetes, gatedPod(where, 'conform-bare'), { signal, dryRun: true });
    if (status !== 201) throw new Error(`a bare pod in ${where} was refused: ${message}`);
    return body as V1Pod;
  };
  const [inside, outside] = await Promise.all([bare(namespace), bare('default')]);
  for (const each of inside.spec?.containers ?? [])
    observe(equal('a container that asks for nothing', { expected: defaults, saw: resourcesText(each) }));
  for (const each of outside.spec?.containers ?? [])
    control(
      equal('the same container outside the tenant', {
        expected: 'limits cpu none memory none, requests cpu none memory none',
        saw: resourcesText(each),
      }),
    );
  // What the node makes of the limits, as the container sees it: 500m of a period of 100 ms, and 256Mi.
  const place = { namespace: documented.tenants.alice, pod: `conform-bare-${nonce()}` };
  await changes.createFrom(`${import.meta.dirname}/bare-pod.yaml`, { NAME: place.pod, NAMESPACE: place.namespace });
  await readyPods(kubernetes, { namespace: place.namespace, selector: `conform-pod=${place.pod}`, count: 1 }, signal);
  const limits = await kubernetes.run(place, readLimits, signal);
  observe(
    equal('CPU quota, its period and memory limit of a container that asks for nothing', {
      expected: '50000 100000 268435456',
      saw: limits.trim().replaceAll(/\s+/g, ' '),
      vantage: `${place.namespace}/${place.pod}`,
    }),
  );
});

check(requirements['ISO-LIMIT-INIT-AND-SIDECAR'], async ({ cluster: { kubernetes }, observe, control, signal }) => {
  const { namespace } = await tenant();
  const own = { requests: { cpu: '60m', memory: '70Mi' }, limits: { cpu: '70m', memory: '80Mi' } };
  const pod = podWith(namespace, 'conform-several', {
    initContainers: [container('init')],
    containers: [container('one'), container('two'), container('own', own)],
  });
  const { body, status, message } = await tryToMake(kubernetes, pod, { signal, dryRun: true });
  if (status !== 201) throw new Error(`the pod was refused: ${message}`);
  const { spec } = body as V1Pod;
  const admittedAs = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  for (const each of admittedAs.filter(({ name }) => name !== 'own'))
    observe(equal(`container ${each.name}, which asks for nothing`, { expected: defaults, saw: resourcesText(each) }));
  for (const each of admittedAs.filter(({ name }) => name === 'own'))
    control(
      equal('a container that asks for its own', {
        expected: 'limits cpu 70m memory 80Mi, requests cpu 60m memory 70Mi',
        saw: resourcesText(each),
      }),
    );
});

/** What is at the limit is admitted, what is one unit beyond it is refused, with the words of the refusal. */
interface Edge {
  readonly id: 'ISO-LIMIT-MAX' | 'ISO-LIMIT-MIN';
  readonly at: { readonly cpu: string; readonly memory: string };
  readonly beyond: readonly { readonly amounts: { readonly cpu: string; readonly memory: string }; readonly words: readonly string[] }[];
}

const edges: readonly Edge[] = [
  {
    id: 'ISO-LIMIT-MAX',
    at: { cpu: '2', memory: '4Gi' },
    beyond: [
      { amounts: { cpu: '2001m', memory: '4Gi' }, words: ['maximum cpu usage per Container is 2'] },
      { amounts: { cpu: '2', memory: '4097Mi' }, words: ['maximum memory usage per Container is 4Gi'] },
    ],
  },
  {
    id: 'ISO-LIMIT-MIN',
    at: { cpu: '50m', memory: '64Mi' },
    beyond: [
      { amounts: { cpu: '49m', memory: '64Mi' }, words: ['minimum cpu usage per Container is 50m'] },
      { amounts: { cpu: '50m', memory: '63Mi' }, words: ['minimum memory usage per Container is 64Mi'] },
    ],
  },
];

for (const { id, at, beyond } of edges) {
  check(requirements[id], async ({ cluster: { kubernetes }, observe, control, signal }) => {
    const { namespace } = await tenant();
    const ask = (limits: Edge['at']) =>
      tryToMake(kubernetes, gatedPod(namespace, 'conform-edge', { requests: limits, limits }), { signal, dryRun: true });
    control(admitted(`a container with ${at.cpu} and ${at.memory}`, await ask(at)));
    for (const { amounts, words } of beyond)
      observe(refused(`a container with ${amounts.cpu} and ${amounts.memory}`, await ask(amounts), { words }));
  });
}

check(requirements['ISO-LIMIT-PVC-MIN'], async ({ cluster: { kubernetes }, observe, control, signal }) => {
  const { namespace } = await tenant();
  const ask = (size: string) =>
    tryToMake(kubernetes, claim(namespace, 'conform-edge', { size, storageClass: 'conform-none' }), { signal, dryRun: true });
  control(admitted('a claim of 1Gi', await ask('1Gi')));
  observe(refused('a claim of 1023Mi', await ask('1023Mi'), { words: ['minimum storage usage per PersistentVolumeClaim is 1Gi'] }));
});

check(requirements['ISO-LIMIT-PVC-MAX'], async ({ cluster: { kubernetes }, changes, observe, control, signal }) => {
  const { namespace } = await tenant();
  const ask = (size: string) =>
    tryToMake(kubernetes, claim(namespace, 'conform-edge', { size, storageClass: 'conform-none' }), { signal, dryRun: true });
  control(admitted('a claim of 20Gi', await ask('20Gi')));
  const words = ['maximum storage usage per PersistentVolumeClaim is 20Gi'];
  observe(refused('a claim of 21Gi', await ask('21Gi'), { words }));
  // An expansion is tried on a claim that is bound, of the guide's own class; as dry runs, so that nothing grows.
  const bound = claim(namespace, 'conform-bound', { size: '1Gi', storageClass: 'longhorn' });
  await changes.create(bound);
  const expand = (size: string) =>
    kubernetes.request(
      {
        method: 'PATCH',
        path: `/api/v1/namespaces/${namespace}/persistentvolumeclaims/conform-bound?dryRun=All`,
        body: { spec: { resources: { requests: { storage: size } } } },
      },
      signal,
    );
  const grown = await expandedOnceBound(expand, signal);
  control({ ...admitted('the bound claim grown to 6Gi', grown), expected: '200', held: grown.status === 200 });
  observe(refused('the bound claim grown to 21Gi', await expand('21Gi'), { words }));
});

/** A claim can only grow when it is bound; the last answer when it is not within a minute. */
async function expandedOnceBound(expand: (size: string) => Promise<ApiAnswer>, signal: AbortSignal): Promise<ApiAnswer> {
  let last: ApiAnswer = { status: 0, body: undefined, message: 'not tried' };
  await until('the claim to be bound', { timeoutMs: 60_000, everyMs: 1000, signal }, async () => {
    last = await expand('6Gi');
    return last.status === 200 ? { done: last } : { notYet: last.message };
  }).catch(() => signal.throwIfAborted());
  return last;
}
