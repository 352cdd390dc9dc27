import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { promised } from '../../../guide/limits.ts';
import { patience } from '../../../harness/engine/patience.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { check } from '../../fixtures/check.ts';
import { isReady, readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { type EchoGroup, type EchoPod, echoPod, startEchoGroup } from '../../fixtures/echo-group.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { mayBeLate } from '../../../harness/probe/outcome.ts';
import { outcomeText } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { worked } from '../../../harness/probe/worked.ts';
import { type Alert, alertsOf, awaitedAlert, falcoNamespace, podsOfFalco } from './falco.ts';
import { requirements } from '../requirements.ts';
import { timedOut } from '../timed-out.ts';
import { ptraceAttach } from './ptrace-attach.ts';

const shared = { uses: ['falco'], deadlineMs: 240_000 } as const;

/** Names of rules that Falco's stable rule file has (falcosecurity/rules, rules/falco_rules.yaml). */
const rules = {
  shell: 'Terminal shell in container',
  file: 'Read sensitive file untrusted',
  trace: 'PTRACE attached to process',
  api: 'Contact K8S API Server From Container',
};

/** Pods of a tenant that did nothing before, one on each worker. */
async function quietPods(context: CheckContext): Promise<EchoGroup> {
  const { namespace } = await scratchTenant(context);
  return startEchoGroup(context, { namespace });
}

function alerted(subject: string, alert: Alert | string, vantage: string): Measured {
  return {
    subject,
    vantage,
    expected: `an alert within ${promised.isolation.falcoAlertMs / 1000} s that names namespace and pod`,
    saw: typeof alert === 'string' ? alert : `${alert.priority} ${alert.rule}, told on ${alert.node}`,
    held: typeof alert !== 'string',
    ...lateIf(typeof alert === 'string'),
  };
}

/** Ordinary work raises no alert of the rule: what comes after is for what was done. */
async function quietBefore(context: CheckContext, pod: EchoPod, rule: string): Promise<void> {
  await context.cluster.kubernetes.run(pod.place, 'ls /tmp', context.signal);
  const before = (await alertsOf(context, pod)).filter((each) => each.rule === rule);
  context.control(
    equal(`alerts "${rule}" for ordinary work on ${pod.node}`, {
      expected: [],
      saw: before.map(({ output }) => output),
      vantage: `a tenant's pod on ${pod.node}`,
    }),
  );
}

/** What is done in a tenant's pod that did nothing before, and the alert of the rule that it must raise. */
async function observeDeed(
  context: CheckContext,
  { subject, rule, act }: { readonly subject: string; readonly rule: string; readonly act: (pod: EchoPod) => Promise<unknown> },
): Promise<void> {
  const {
    pods: [pod],
  } = await quietPods(context);
  await quietBefore(context, pod, rule);
  await act(pod);
  context.observe(alerted(subject, await awaitedAlert(context, pod, (alert) => alert.rule === rule), pod.node));
}

check(
  requirements['ISO-FALCO-RUNS'],
  async (context, { neutral }) => {
    const { cluster, observe, signal } = context;
    const { kubernetes, documented } = cluster;
    const [falcos, { items: configurations }, { pods }] = await Promise.all([
      podsOfFalco(context),
      kubernetes.core.listNamespacedConfigMap({ namespace: falcoNamespace, labelSelector: 'app.kubernetes.io/name=falco' }),
      quietPods(context),
    ]);
    const ready = falcos.filter(isReady).map(({ spec }) => spec?.nodeName ?? '');
    const workers = documented.nodes.filter(({ role }) => role === 'worker').map(({ name }) => name);
    observe(equal('workers with a Falco that is Ready', { expected: workers, saw: workers.filter((name) => ready.includes(name)) }));
    const settings = configurations
      .flatMap(({ data }) => data?.['falco.yaml'] ?? [])
      .map((text) => parse(text) as { engine?: { kind?: string } });
    observe(equal('engine of Falco', { expected: ['modern_ebpf'], saw: settings.map(({ engine }) => engine?.kind ?? 'none') }));
    const [pinged] = await cluster.probe(
      neutral.pods[0].place,
      [{ kind: 'http', url: `http://falco-falcosidekick.${falcoNamespace}.svc.cluster.local:2801/ping` }],
      signal,
    );
    const ping = worked(pinged);
    observe({
      subject: 'ping of Falcosidekick',
      vantage: 'a pod without policies',
      expected: 'answered 200',
      saw: outcomeText(ping),
      held: ping.kind === 'answered' && ping.status === 200,
      ...lateIf(mayBeLate(ping)),
    });
    // The counters of the kernel's events are off by default (metrics.enabled): an event that each Falco tells of shows that it sees them.
    for (const pod of pods) await quietBefore(context, pod, rules.file);
    await Promise.all(pods.map(({ place }) => kubernetes.run(place, 'cat /etc/shadow >/dev/null', signal)));
    const told = await Promise.all(
      pods.map(async (pod) => ({
        pod,
        alert: await awaitedAlert(context, pod, ({ rule, node }) => rule === rules.file && node === pod.node),
      })),
    );
    for (const { pod, alert } of told) observe(alerted('Falco on the node sees what a container there does', alert, pod.node));
  },
  shared,
);

check(
  requirements['ISO-FALCO-SHELL'],
  (context) =>
    observeDeed(context, {
      subject: 'a shell with a terminal in a tenant container',
      rule: rules.shell,
      act: ({ place }) => context.cluster.kubernetes.runInTerminal(place, 'tty', context.signal),
    }),
  shared,
);

check(
  requirements['ISO-FALCO-PRIVILEGE'],
  async (context) => {
    const program = await readFile(`${import.meta.dirname}/run-program.sh`, 'utf8');
    await observeDeed(context, {
      subject: 'an attempt to attach to another process',
      rule: rules.trace,
      act: ({ place }) => context.cluster.kubernetes.run(place, `set -- ${ptraceAttach().toString('base64')}\n${program}`, context.signal),
    });
  },
  shared,
);

check(
  requirements['ISO-FALCO-NETWORK'],
  async (context) => {
    const { cluster, observe, control, signal } = context;
    const { apiServiceAddress } = cluster.documented;
    const {
      pods: [pod, other],
    } = await quietPods(context);
    await cluster.probe(pod.place, [other.tcp], signal);
    await quietBefore(context, pod, rules.api);
    control(
      equal('alerts that name the own pod which was dialled', {
        expected: [],
        saw: (await alertsOf(context, pod)).filter(({ output }) => output.includes(other.address)).map(({ rule }) => rule),
        vantage: `a tenant's pod on ${pod.node}`,
      }),
    );
    // An address of documentation (RFC 5737): nobody answers, and it is the attempt that counts.
    const outside = '198.51.100.7';
    await cluster.probe(
      pod.place,
      [
        { kind: 'tcp', host: apiServiceAddress, port: 443 },
        { kind: 'tcp', host: outside, port: 4444 },
      ],
      signal,
    );
    const [api, beyond] = await Promise.all(
      [apiServiceAddress, outside].map((address) => awaitedAlert(context, pod, ({ output }) => output.includes(address))),
    );
    observe(alerted(`a connection to the Kubernetes API, ${apiServiceAddress}`, api ?? 'not asked', pod.pod));
    observe(alerted(`a connection to ${outside}, outside the cluster`, beyond ?? 'not asked', pod.pod));
  },
  shared,
);

const sidekick = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'falco-falcosidekick', namespace: falcoNamespace } };
const sidekickSecret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'falco-falcosidekick', namespace: falcoNamespace } };

check(
  requirements['ISO-FALCO-DELIVERY'],
  async (context, { neutral }) => {
    const {
      cluster: { kubernetes },
      observe,
      control,
      signal,
    } = context;
    const {
      pods: [pod, second],
    } = await quietPods(context);
    const { namespace } = neutral;
    await context.changes.createFrom(`${import.meta.dirname}/webhook-receiver.yaml`, { NAMESPACE: namespace });
    const [receiver] = (await readyPods(kubernetes, { namespace, selector: 'conform-pod=conform-webhook', count: 1 }, signal)).map(echoPod);
    if (receiver === undefined) throw new Error('the receiver is not there');
    const received = async (): Promise<string> =>
      String((await kubernetes.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods/conform-webhook/log` }, signal)).body);

    await pointWebhook(context, `http://${receiver.address}:8081/closed`);
    await kubernetes.runInTerminal(pod.place, 'tty', signal);
    await awaitedAlert(context, pod, ({ rule }) => rule === rules.shell);
    control({
      subject: 'errors that Falcosidekick counts with a webhook that nobody serves',
      vantage: falcoNamespace,
      expected: 'at least one',
      ...(await countedErrors(context, neutral)),
    });
    control(equal('what the receiver got then', { expected: '', saw: await received(), vantage: namespace }));

    await pointWebhook(context, `http://${receiver.address}:8080/services/conform`);
    await kubernetes.runInTerminal(second.place, 'tty', signal);
    const delivered = await until(
      'the alert at the receiver',
      { timeoutMs: promised.isolation.falcoAlertMs, everyMs: 1000, signal },
      async () => {
        const text = await received();
        return text.includes(second.pod) ? { done: text } : { notYet: text.slice(-300) || 'nothing' };
      },
    ).catch((error: unknown) => timedOut(error).message);
    observe({
      subject: 'the alert of a shell, at the webhook',
      vantage: namespace,
      expected: `a request that names ${second.pod}, rule and priority`,
      saw: delivered.slice(-600),
      held: [second.pod, rules.shell, 'Notice'].every((word) => delivered.includes(word)),
      ...lateIf(!delivered.includes(second.pod)),
    });
  },
  { changes: ['falco'], deadlineMs: 360_000 },
);

/** Sets the guide's webhook (the chart keeps it in a Secret), and lets Falcosidekick start anew with it. */
async function pointWebhook({ cluster: { kubernetes }, changes, signal }: CheckContext, url: string): Promise<void> {
  await changes.patch(sidekickSecret, { data: { SLACK_WEBHOOKURL: Buffer.from(url).toString('base64') } });
  await changes.patch(sidekick, { spec: { template: { metadata: { annotations: { 'conform.test/webhook': url } } } } });
  await until('Falcosidekick to be restarted', { timeoutMs: patience('podReady'), everyMs: 1000, signal }, async () => {
    const { metadata, status = {}, spec } = await kubernetes.apps.readNamespacedDeployment(sidekick.metadata);
    const counts = [status.updatedReplicas, status.availableReplicas, status.replicas];
    const isNew = status.observedGeneration === metadata?.generation && counts.every((count) => count === spec?.replicas);
    return isNew ? { done: true } : { notYet: `${status.updatedReplicas ?? 0} new of ${spec?.replicas}` };
  });
}

/** Falcosidekick's own metric of what it could not deliver (its stats_prometheus.go). */
async function countedErrors({ cluster, signal }: CheckContext, { pods: [{ place }] }: EchoGroup): Promise<{ saw: string; held: boolean }> {
  const [metrics] = await cluster.probe(
    place,
    [{ kind: 'http', url: `http://falco-falcosidekick.${falcoNamespace}.svc.cluster.local:2801/metrics` }],
    signal,
  );
  const text = metrics?.kind === 'answered' ? metrics.body : '';
  const line = text
    .split('\n')
    .find((each) => each.startsWith('falcosecurity_falcosidekick_outputs_total') && each.includes('slack') && each.includes('error'));
  return { saw: line ?? 'none', held: line !== undefined };
}
