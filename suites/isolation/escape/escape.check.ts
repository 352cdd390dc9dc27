import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1Pod } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { check } from '../../fixtures/check.ts';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { fixture } from '../../../harness/platform/check.ts';
import { type ScratchTenant, scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { lateIf } from '../../../harness/engine/measured.ts';
import { admitted, answerText, refused, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { container, deployment, podWith } from '../tenant-objects.ts';
import { type Became, becameText, deploymentBecame, podBecame } from '../tenant-workload.ts';

/** A tenant with one plain pod that runs, made by its own token: what is refused below is refused for what it asks. */
const tenantWithPod = fixture('tenant of the escape checks', async (context): Promise<ScratchTenant & { readonly plain: Became }> => {
  const tenant = await scratchTenant(context);
  const [pod = {}] = await readManifest(`${import.meta.dirname}/../tenant-pod.yaml`, { NAME: plainName, NAMESPACE: tenant.namespace });
  await tenant.asTenant.raw.create(pod, context.signal);
  return { ...tenant, plain: await podBecame(context, { namespace: tenant.namespace, name: plainName }) };
});
const plainName = 'conform-plain';

const hint = async (): Promise<string> =>
  'kubectl get namespaces -L pod-security.kubernetes.io/enforce, and the PodSecurity defaults of the API server (E45): what admits the pod?';

/** Waits for its gate, so that even where it is admitted nothing of it runs. */
const gated = { schedulingGates: [{ name: 'conform.test/never' }] };
/** As little as tenant-limits allows, so that no quota refuses what the level should. */
const small = { cpu: '50m', memory: '64Mi' };
const one = container('one', { requests: small, limits: small });
const plainContainers = [one];

/** What a pod asks of the node, and the words by which Pod Security's baseline level refuses it. */
const ofTheNode = [
  { asks: 'hostNetwork', spec: { hostNetwork: true, containers: plainContainers }, words: 'hostNetwork=true' },
  { asks: 'hostPID', spec: { hostPID: true, containers: plainContainers }, words: 'hostPID=true' },
  { asks: 'hostIPC', spec: { hostIPC: true, containers: plainContainers }, words: 'hostIPC=true' },
  { asks: 'hostPort', spec: { containers: [{ ...one, ports: [{ containerPort: 8080, hostPort: 18081 }] }] }, words: 'hostPort' },
];

check(requirements['ISO-ESCAPE-HOST-NETWORK'], async (context) => {
  const {
    cluster: { kubernetes },
    observe,
    control,
    signal,
  } = context;
  context.hint(hint);
  const { namespace, asTenant, plain } = await tenantWithPod();
  control(runs('the same pod without the field', plain));
  const privileged = await privilegedNamespace(context);
  await Promise.all(
    ofTheNode.map(async ({ asks, spec, words }) => {
      const name = named(asks.toLowerCase());
      const [answer, made, byAdmin] = await Promise.all([
        tryToMake(asTenant, podWith(namespace, name, { ...gated, ...spec }), { signal, dryRun: true }),
        tryToMake(asTenant, deployment(namespace, name, { replicas: 1, pod: { ...gated, ...spec } }), { signal }),
        tryToMake(kubernetes, podWith(privileged, name, { ...gated, ...spec }), { signal, dryRun: true }),
      ]);
      observe(refused(`a pod with ${asks}`, answer, { words: ['violates PodSecurity', words], vantage: namespace }));
      control(admitted(`a Deployment whose pods have ${asks}: it is its pods that are refused`, made, namespace));
      const became = await deploymentBecame(context, { namespace, name });
      const pods = becameText(became);
      observe({
        subject: `pods of a Deployment with ${asks}`,
        vantage: namespace,
        expected: `none, refused for ${words}`,
        saw: pods,
        held: pods.includes('violates PodSecurity') && pods.includes(words),
        ...lateIf(became.kind === 'idle' && became.late === true),
      });
      control(admitted(`an administrator's pod with ${asks} in a namespace for such pods`, byAdmin, privileged));
    }),
  );
});

/** The tenant lives as long as the run, and a check that looks again has what it made the first time there. */
function named(what: string): string {
  return `conform-${what}-${nonce()}`;
}

/** Where an administrator may make what a tenant may not. */
async function privilegedNamespace({ changes }: CheckContext): Promise<string> {
  const name = named('privileged');
  await changes.create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
  });
  return name;
}

function runs(subject: string, became: Became): Measured {
  return { subject, vantage: 'Kubernetes API', expected: 'it runs', saw: becameText(became), held: became.kind === 'running' };
}

const withSecurity = (securityContext: object) => ({ containers: [{ ...one, securityContext }] });

/** What a container asks beyond a plain one; `has` tells whether an admitted pod really has it. */
const privileges: readonly { asks: string; spec: object; words: string; has: (pod: V1Pod) => boolean }[] = [
  {
    asks: 'privileged',
    spec: withSecurity({ privileged: true }),
    words: 'privileged',
    has: (pod) => pod.spec?.containers[0]?.securityContext?.privileged === true,
  },
  {
    asks: 'the host path /',
    spec: {
      containers: [{ ...one, volumeMounts: [{ name: 'host', mountPath: '/host' }] }],
      volumes: [{ name: 'host', hostPath: { path: '/' } }],
    },
    words: 'hostPath',
    has: (pod) => (pod.spec?.volumes ?? []).some(({ hostPath }) => hostPath !== undefined),
  },
  {
    asks: 'the capability SYS_ADMIN',
    spec: withSecurity({ capabilities: { add: ['SYS_ADMIN'] } }),
    words: 'SYS_ADMIN',
    has: (pod) => pod.spec?.containers[0]?.securityContext?.capabilities?.add?.includes('SYS_ADMIN') === true,
  },
  {
    asks: 'the capability NET_ADMIN',
    spec: withSecurity({ capabilities: { add: ['NET_ADMIN'] } }),
    words: 'NET_ADMIN',
    has: (pod) => pod.spec?.containers[0]?.securityContext?.capabilities?.add?.includes('NET_ADMIN') === true,
  },
  {
    asks: 'an unmasked /proc',
    spec: withSecurity({ procMount: 'Unmasked' }),
    words: 'procMount',
    has: (pod) => pod.spec?.containers[0]?.securityContext?.procMount === 'Unmasked',
  },
  {
    asks: 'no seccomp profile',
    spec: withSecurity({ seccompProfile: { type: 'Unconfined' } }),
    words: 'seccompProfile',
    has: (pod) => pod.spec?.containers[0]?.securityContext?.seccompProfile?.type === 'Unconfined',
  },
];

check(requirements['ISO-ESCAPE-PRIVILEGED'], async (context) => {
  const {
    cluster: { kubernetes },
    observe,
    control,
    signal,
  } = context;
  context.hint(hint);
  const { namespace, asTenant, plain } = await tenantWithPod();
  control(runs('the plain twin', plain));
  const privileged = await privilegedNamespace(context);
  await Promise.all(
    privileges.map(async ({ asks, spec, words, has }) => {
      const ask = async (who: typeof asTenant, where: string): Promise<ApiAnswer> =>
        tryToMake(who, podWith(where, 'conform-asks', { ...gated, ...spec }), { signal, dryRun: true });
      const [answer, byAdmin] = await Promise.all([ask(asTenant, namespace), ask(kubernetes, privileged)]);
      observe(withheld(`a container that asks for ${asks}`, answer, { words, has, vantage: namespace }));
      control(admitted(`an administrator's container that asks for ${asks}, in a namespace for such pods`, byAdmin, privileged));
    }),
  );
});

/** Refused by the pod security level; or admitted without what was asked for, as the API drops a field whose feature is off (procMount in Kubernetes 1.30). */
function withheld(
  subject: string,
  answer: ApiAnswer,
  { words, has, vantage }: { words: string; has: (pod: V1Pod) => boolean; vantage: string },
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

const toleratesEverything = { tolerations: [{ operator: 'Exists' }], terminationGracePeriodSeconds: 0, containers: plainContainers };
/** The label and the taint that control planes have (Kubernetes: well-known labels). */
const onControlPlanes = { ...toleratesEverything, nodeSelector: { 'node-role.kubernetes.io/control-plane': '' } };

check(requirements['ISO-ESCAPE-CONTROL-PLANE'], async (context) => {
  const {
    cluster: { kubernetes, documented },
    observe,
    control,
    signal,
  } = context;
  context.hint(
    async () =>
      'kubectl get validatingadmissionpolicies,validatingadmissionpolicybindings: does one keep tenants from tolerations and nodeName (E88)?',
  );
  const { namespace, asTenant, plain } = await tenantWithPod();
  const [controlPlanes, workers] = (['control-plane', 'worker'] as const).map((role) =>
    documented.nodes.filter((node) => node.role === role).map(({ name }) => name),
  ) as [string[], string[]];
  const [first = ''] = controlPlanes;
  control({
    ...runs('the same pod without these fields', plain),
    expected: 'it runs on a worker',
    held: plain.kind === 'running' && workers.includes(plain.pod.spec?.nodeName ?? ''),
  });
  const pods = [
    { name: named('named'), asks: `nodeName ${first}`, spec: { ...toleratesEverything, nodeName: first } },
    { name: named('selects'), asks: 'every toleration and the control planes by label', spec: onControlPlanes },
  ];
  const adminPod = podWith(namespace, named('admin'), { ...toleratesEverything, nodeName: first });
  const deployed = named('deployed');
  const [byPods, byDeployment, bySet, byAdmin] = await Promise.all([
    Promise.all(
      pods.map(async ({ name, asks, spec }) => ({ asks, became: await madePod(context, asTenant, podWith(namespace, name, spec)) })),
    ),
    tryToMake(asTenant, deployment(namespace, deployed, { replicas: 1, pod: onControlPlanes }), { signal }).then(async (answer) =>
      answer.status === 201 ? deploymentBecame(context, { namespace, name: deployed }) : refusal(answer),
    ),
    tryToMake(
      asTenant,
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'conform-set', namespace },
        spec: { selector: { matchLabels: { set: 'one' } }, template: { metadata: { labels: { set: 'one' } }, spec: onControlPlanes } },
      } as object,
      { signal, dryRun: true },
    ),
    madePod(context, kubernetes, adminPod),
  ]);
  const stays = (subject: string, became: Became): Measured => {
    // Refused for something else, as by a quota, it has not been asked about its place.
    if (became.kind === 'refused' && !became.text.includes('ValidatingAdmissionPolicy')) throw new Error(`${subject}: ${became.text}`);
    return {
      subject,
      vantage: namespace,
      expected: 'refused by an admission policy, or never started in 30 s',
      saw: becameText(became),
      held: became.kind !== 'running' || !controlPlanes.includes(became.pod.spec?.nodeName ?? ''),
    };
  };
  for (const { asks, became } of byPods) observe(stays(`a pod that asks for ${asks}`, became));
  observe(stays('pods of a Deployment that ask for every toleration and the control planes', byDeployment));
  if (![201, 403, 422].includes(bySet.status)) throw new Error(`a DaemonSet: ${answerText(bySet)}`);
  observe({ subject: 'a DaemonSet', vantage: namespace, expected: '403', saw: answerText(bySet), held: bySet.status === 403 });
  control({
    ...runs("an administrator's twin", byAdmin),
    expected: `it runs on ${first}`,
    held: byAdmin.kind === 'running' && byAdmin.pod.spec?.nodeName === first,
  });
});

async function madePod(context: CheckContext, who: ScratchTenant['asTenant'], pod: ReturnType<typeof podWith>): Promise<Became> {
  const answer = await tryToMake(who, pod, { signal: context.signal });
  if (answer.status !== 201) return refusal(answer);
  return podBecame(context, { namespace: pod.metadata?.namespace ?? '', name: pod.metadata?.name ?? '' });
}

function refusal(answer: ApiAnswer): Became {
  return { kind: 'refused', text: answerText(answer) };
}
