import { setTimeout as delay } from 'node:timers/promises';
import type { V1Service } from '@kubernetes/client-node';
import { promised } from '../../../guide/limits.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { quantity } from '../../../harness/platform/kubernetes/quantity.ts';
import { usageOfPod, usages } from '../../network/metrics/resource-metrics.ts';
import { check } from '../check.ts';
import { apiPort } from '../copied-opencost.ts';
import { opencostPods } from '../cost-api.ts';
import { atWorkstation } from '../../isolation/provisioning/guide-script.ts';
import { guideCommand, runCommand } from '../guide-command.ts';
import { isOfRun } from '../judged.ts';
import { near } from '../money.ts';
import { descends } from '../billing/report-rows.ts';
import { requirements } from '../requirements.ts';
import { findsIll, illOf, isWell, podText, restarted, shortOf } from '../rollout.ts';

const vantage = atWorkstation;

/** Deployments, StatefulSets and DaemonSets with fewer ready pods than they want; of one namespace, or of all. */
async function shortWorkloads({ cluster }: Pick<CheckContext, 'cluster'>, namespace?: string): Promise<string[]> {
  const { apps } = cluster.kubernetes;
  const [deployments, stateful, daemons] = await Promise.all([
    apps.listDeploymentForAllNamespaces(),
    apps.listStatefulSetForAllNamespaces(),
    apps.listDaemonSetForAllNamespaces(),
  ]);
  const counted = [
    ...[...deployments.items, ...stateful.items].map(({ metadata, spec, status }) => ({
      metadata,
      wanted: spec?.replicas ?? 1,
      ready: status?.readyReplicas ?? 0,
    })),
    ...daemons.items.map(({ metadata, status }) => ({
      metadata,
      wanted: status?.desiredNumberScheduled ?? 0,
      ready: status?.numberReady ?? 0,
    })),
  ];
  return counted
    .filter(({ metadata }) => !isOfRun(metadata) && (namespace === undefined || metadata?.namespace === namespace))
    .flatMap(({ metadata, wanted, ready }) => shortOf(`${metadata?.namespace}/${metadata?.name}`, wanted, ready));
}

check(requirements['COST-HEALTH-PROM'], async (context, { illPods }) => {
  const { cluster, observe, control, hint } = context;
  const namespace = 'prometheus-system';
  hint(async () => `kubectl -n ${namespace} get pods,deployments,daemonsets; kubectl -n ${namespace} get events`);
  const [{ items }, short, ill] = await Promise.all([
    cluster.kubernetes.core.listNamespacedPod({ namespace }),
    shortWorkloads(context, namespace),
    illTexts(context, illPods.namespace),
  ]);
  const own = items.filter(({ metadata }) => !isOfRun(metadata));
  observe({ subject: `pods of ${namespace}`, vantage: atApi, expected: 'some', saw: String(own.length), held: own.length > 0 });
  observe(noneOf('pods of it that are not running and ready', { saw: illOf(own) }));
  observe(noneOf('workloads of it with fewer ready pods than they want', { saw: short }));
  control(findsIll('a pod that runs and is not ready, read alike', ill, [illPods.unready]));
});

/** The pods of a namespace that are not well, whoever made them. */
async function illTexts({ cluster }: Pick<CheckContext, 'cluster'>, namespace: string): Promise<string[]> {
  const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace });
  return items.filter((pod) => !isWell(pod)).map(podText);
}

check(requirements['COST-HEALTH-OPENCOST'], async (context, { illPods }) => {
  const { cluster, observe, control, hint } = context;
  const { namespace, selector } = opencostPods;
  hint(async () => `kubectl -n ${namespace} describe pods`);
  const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector });
  const pods = items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  observe(
    equal('pods of OpenCost', {
      expected: ['opencost, opencost-ui 2/2'],
      saw: pods.map(
        ({ spec, status }) =>
          `${spec?.containers
            .map(({ name }) => name)
            .toSorted()
            .join(', ')} ${status?.containerStatuses?.filter(({ ready }) => ready).length ?? 0}/${spec?.containers.length}`,
      ),
    }),
  );
  observe(noneOf('restarts of its containers in the last hour', { saw: restarted(pods, Date.now()) }));
  control(findsIll('a pod with a container that is not ready, told apart', await illTexts(context, illPods.namespace), [illPods.unready]));
});

check(
  requirements['COST-HEALTH-NON-RUNNING'],
  async (context, { illPods }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'kubectl describe of what is named; a DaemonSet whose pods are refused has events in its namespace (E35)');
    for (const reading of ['first', 'second']) {
      const { items } = await cluster.kubernetes.core.listPodForAllNamespaces();
      observe(noneOf(`pods that are neither running and ready nor completed, ${reading} reading`, { saw: illOf(items) }));
      observe(noneOf(`workloads with fewer ready pods than they want, ${reading} reading`, { saw: await shortWorkloads(context) }));
      if (reading === 'first') await delay(promised.opencost.betweenPodReadingsMs, undefined, { signal });
    }
    control(
      findsIll('a pod with a missing image, and one that is never ready, read alike', await illTexts(context, illPods.namespace), [
        illPods.noImage,
        illPods.unready,
      ]),
    );
  },
  { deadlineMs: 180_000 },
);

check(requirements['COST-HEALTH-PLATFORM-PODS'], async ({ cluster, observe, control, hint }) => {
  hint(async () => 'kubectl -n longhorn-system get pods; kubectl -n canine get pods,services');
  const { core } = cluster.kubernetes;
  for (const namespace of ['longhorn-system', 'canine']) {
    const { items } = await core.listNamespacedPod({ namespace });
    const own = items.filter(({ metadata }) => !isOfRun(metadata));
    observe({ subject: `pods of ${namespace}`, vantage: atApi, expected: 'some', saw: String(own.length), held: own.length > 0 });
    observe(noneOf(`pods of ${namespace} that are not running and ready`, { saw: illOf(own) }));
  }
  const { address } = cluster.documented.services.canine;
  const { items } = await core.listNamespacedService({ namespace: 'canine' });
  const holders = items.filter((service) => addressesOf(service).includes(address)).map(({ metadata }) => metadata?.name ?? '');
  observe({
    subject: `Services of canine with ${address}`,
    vantage: atApi,
    expected: 'one',
    saw: holders.join(', ') || 'none',
    held: holders.length === 1,
  });
  const absent = await core.listNamespacedPod({ namespace: 'conform-no-such-namespace' });
  control(equal('pods of a namespace that is not there', { expected: '0', saw: String(absent.items.length) }));
});

function addressesOf({ status }: Pick<V1Service, 'status'>): string[] {
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? '');
}

check(
  requirements['COST-HEALTH-LB-LIST'],
  async (context, { illPods }) => {
    const { cluster, observe, control, hint } = context;
    hint(async () => 'kubectl get services,endpointslices -A; --field-selector spec.type is refused (E99)');
    const { kubernetes, documented } = cluster;
    const run = await runCommand(context, await guideCommand('load-balancers', cluster.descriptor.profile));
    const lines = run.stdout.split('\n').filter((line) => line.includes('LoadBalancer'));
    const named = [documented.services.longhorn, documented.services.canine, documented.services.opencost].map(({ address }) => address);
    observe(
      equal('addresses of the platform that the documented command lists', {
        expected: named,
        saw: named.filter((address) => lines.filter((line) => line.includes(` ${address} `)).length === 1),
        vantage,
      }),
    );
    const [{ items: services }, { items: slices }] = await Promise.all([
      kubernetes.core.listServiceForAllNamespaces(),
      kubernetes.discovery.listEndpointSliceForAllNamespaces(),
    ]);
    const published = services.filter(({ spec, metadata }) => spec?.type === 'LoadBalancer' && !isOfRun(metadata));
    const nameOf = ({ metadata }: V1Service): string => `${metadata?.namespace}/${metadata?.name}`;
    observe(
      noneOf('LoadBalancer Services without an address', {
        saw: published.filter((service) => addressesOf(service).length === 0).map(nameOf),
      }),
    );
    const served = new Set(
      slices
        .filter(({ endpoints = [] }) => endpoints.some(({ conditions }) => conditions?.ready !== false))
        .map(({ metadata }) => `${metadata?.namespace}/${metadata?.labels?.['kubernetes.io/service-name']}`),
    );
    observe(noneOf('LoadBalancer Services without a ready endpoint', { saw: published.map(nameOf).filter((name) => !served.has(name)) }));
    const pending = services
      .filter(({ metadata }) => metadata?.name === illPods.pending)
      .filter((service) => addressesOf(service).length === 0);
    control(equal('Services that ask for an address outside the pools, and have none', { expected: '1', saw: String(pending.length) }));
  },
  { uses: ['address-pools'] },
);

/** All that the busy container of cost-scene.yaml may take, and 20 % for what a busy machine leaves it. */
const busyCores = 0.2;

check(
  requirements['COST-HEALTH-TOP'],
  async (context, { scene: { probes } }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'kubectl -n kube-system logs -l k8s-app=metrics-server');
    const { kubernetes, documented } = cluster;
    const busy = { namespace: probes, pod: 'busy' };
    const cores = await until('figures of a busy pod', { timeoutMs: patience('figures') * 2, everyMs: 2000, signal }, async () => {
      const usage = await usageOfPod(kubernetes, busy, signal);
      return usage !== undefined && usage.cores >= 0.8 * busyCores ? { done: usage.cores } : { notYet: `${usage?.cores ?? 'none'}` };
    });
    const [nodes, topNodes, topPods] = await Promise.all([
      usages(kubernetes, 'nodes', signal),
      runCommand(context, 'kubectl --kubeconfig=kubeconfig top nodes'),
      runCommand(context, 'kubectl --kubeconfig=kubeconfig top pods -A --sort-by=memory | head -20'),
    ]);
    observe(equal('nodes with figures', { expected: documented.nodes.map(({ name }) => name), saw: nodes.map(({ name }) => name) }));
    const old = nodes.filter(
      ({ at, cores: used, bytes }) => Date.now() - at.getTime() > promised.opencost.figureAgeMs || used <= 0 || bytes <= 0,
    );
    observe(noneOf('nodes whose figures are old or zero', { saw: old.map(({ name, at }) => `${name} ${at.toISOString()}`) }));
    const listed = documented.nodes.filter(({ name }) => new RegExp(`^${name} +\\d+m +\\d+% +\\d+Mi`, 'm').test(topNodes.stdout));
    observe(
      equal('nodes that `kubectl top nodes` lists', {
        expected: documented.nodes.map(({ name }) => name),
        saw: listed.map(({ name }) => name),
        vantage,
      }),
    );
    const memory = topPods.stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => quantity(line.trim().split(/\s+/).at(-1) ?? ''));
    observe({
      subject: '`kubectl top pods -A --sort-by=memory`',
      vantage,
      expected: 'the most memory first',
      saw: `${memory.length} pods`,
      held: memory.length > 1 && descends(memory),
    });
    observe(
      near(`processor time of a pod that takes all of its ${busyCores}`, {
        vantage: atApi,
        expected: busyCores,
        saw: cores,
        tolerance: 0.2 * busyCores,
      }),
    );
    const idle = await usageOfPod(kubernetes, { namespace: probes, pod: 'whole' }, signal);
    control({
      subject: 'processor time of an idle pod',
      vantage: atApi,
      expected: 'less than 0.05',
      saw: String(idle?.cores ?? 'no figure'),
      held: idle !== undefined && idle.cores < 0.05,
    });
  },
  { deadlineMs: 420_000 },
);

check(requirements['COST-HEALTH-API'], async (context) => {
  const { cluster, observe, control, hint, signal } = context;
  hint(async () => '/healthz answers without a body: alive and dead print the same (E73)');
  const { opencost } = cluster.documented.services;
  const command = await guideCommand('health-api', cluster.descriptor.profile);
  const alive = await runCommand(context, command);
  // An address of the LAN that nobody has: it fails as a dead host does.
  const dead = await runCommand(context, command.replaceAll(opencost.address, cluster.documented.lan.unused));
  const text = ({ code, stdout }: typeof alive): string => `exit code ${code}, "${stdout.trim()}"`;
  observe({
    subject: 'the documented command against the live API',
    vantage,
    expected: 'exit code 0',
    saw: text(alive),
    held: alive.code === 0,
  });
  observe({
    subject: 'what it prints of the live API',
    vantage,
    expected: 'something that tells that it lives: 200',
    saw: text(alive),
    held: alive.stdout.includes('200'),
  });
  observe({
    subject: 'the same command against a dead address',
    vantage,
    expected: 'another end, or other words',
    saw: text(dead),
    held: text(dead) !== text(alive),
  });
  const [outcome] = await cluster.probe({ host: 'admin' }, [{ kind: 'tcp', host: cluster.documented.lan.unused, port: apiPort }], signal);
  control({
    subject: `a connection to ${cluster.documented.lan.unused}`,
    vantage,
    expected: 'none',
    saw: outcome?.kind ?? 'no outcome',
    held: outcome !== undefined && outcome.kind !== 'connected' && outcome.kind !== 'failed',
  });
});

/** Words by which a health check says that something is wrong. */
const alarm = /\b(FAIL|FAILED|UNHEALTHY|ERROR|NOT OK)\b/;

check(
  requirements['COST-HEALTH-CAN-FAIL'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(async () => 'the thirteen points print, and judge nothing: no exit status of their own (E73)');
    const { namespace, selector } = opencostPods;
    const { core } = cluster.kubernetes;
    const command = await guideCommand('health-check', cluster.descriptor.profile);
    const healthy = await runCommand(context, command);
    await changes.patch(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'opencost', namespace } },
      { spec: { replicas: 0 } },
    );
    const podsAre = async (count: number): Promise<void> =>
      until(`${count} ready pods of OpenCost`, { timeoutMs: promised.opencost.readyMs, everyMs: 1000, signal }, async () => {
        const { items } = await core.listNamespacedPod({ namespace, labelSelector: selector });
        const isThere = count === 0 ? items.length === 0 : items.length === count && items.every(isWell);
        return isThere ? { done: undefined } : { notYet: items.map(podText).join(', ') || 'none' };
      });
    await podsAre(0);
    const sick = await runCommand(context, command);
    const judgement = ({ code, stdout, stderr }: typeof sick): string =>
      `exit code ${code}, ${alarm.test(`${stdout}\n${stderr}`) ? 'an alarm' : 'no alarm'}`;
    observe({
      subject: 'the health check of a healthy cluster',
      vantage,
      expected: 'exit code 0, no alarm',
      saw: judgement(healthy),
      held: judgement(healthy) === 'exit code 0, no alarm',
      raw: { output: healthy.stdout.slice(-4000) },
    });
    observe({
      subject: 'the health check without OpenCost',
      vantage,
      expected: `another than ${judgement(healthy)}`,
      saw: judgement(sick),
      held: judgement(sick) !== judgement(healthy),
      raw: { output: sick.stdout.slice(-4000) },
    });
    const listing = (of: typeof sick): string => (/^opencost-\S+ +2\/2 +Running/m.test(of.stdout) ? 'listed' : 'not listed');
    control({
      subject: "OpenCost's pod in both outputs",
      vantage,
      expected: 'not listed without it',
      saw: `${listing(healthy)}, then ${listing(sick)}`,
      held: listing(sick) === 'not listed',
    });
    // The next checks find it as it was.
    await changes.patch(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'opencost', namespace } },
      { spec: { replicas: 1 } },
    );
    await podsAre(1);
  },
  { deadlineMs: promised.opencost.readyMs + 300_000 },
);
