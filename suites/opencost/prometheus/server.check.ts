import { promised } from '../../../guide/limits.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { atPrometheus, prometheusOf } from '../../../harness/platform/prometheus/prometheus.ts';
import { prometheusServer } from '../../../harness/platform/prometheus/targets.ts';
import { check } from '../check.ts';
import { isOfRun } from '../judged.ts';
import { requirements } from '../requirements.ts';
import { podText, rolledOut } from '../rollout.ts';
import { claimText, mountsIn } from '../volumes.ts';

const namespace = 'prometheus-system';
const name = 'prometheus-server';

check(requirements['COST-PROM-READY'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => `kubectl -n ${namespace} describe pods; kubectl -n ${namespace} get events`);
  const { core, apps } = cluster.kubernetes;
  const [{ items: pods }, deployment, { items: sets }] = await Promise.all([
    core.listNamespacedPod({ namespace, labelSelector: prometheusServer.selector }),
    apps.readNamespacedDeployment({ namespace, name }),
    apps.listNamespacedReplicaSet({ namespace }),
  ]);
  observe({ subject: 'pods of Prometheus', vantage: atApi, expected: 'one at least', saw: String(pods.length), held: pods.length > 0 });
  observe(noneOf('pods of Prometheus that are not Ready', { saw: pods.filter((pod) => !isReady(pod)).map(podText) }));
  observe(rolledOut(deployment, sets));
  if (!pods.some(({ status }) => status?.phase === 'Running')) return;
  const prometheus = await prometheusOf(cluster, signal);
  const { status } = await prometheus.get('/-/ready');
  observe(equal('answer of /-/ready', { expected: '200', saw: String(status), vantage: atPrometheus }));
  const [[answer], absent] = await Promise.all([prometheus.query('vector(42)'), prometheus.query('conform_no_such_metric')]);
  observe(equal('value of the query vector(42)', { expected: '42', saw: String(answer?.value), vantage: atPrometheus }));
  control(equal('series of an absent metric', { expected: '0', saw: String(absent.length), vantage: atPrometheus }));
});

/** Where the chart has it; the path of the guide's own flag. */
const dataPath = '/data';

check(requirements['COST-PROM-VOLUME'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => `kubectl -n ${namespace} get pvc,deployment -o yaml: has the server a claim, and is it mounted at ${dataPath}?`);
  const { kubernetes } = cluster;
  const { items } = await kubernetes.core.listNamespacedPersistentVolumeClaim({ namespace });
  const claim = items.find(({ metadata }) => metadata?.name === name);
  observe(equal('claim of Prometheus', { expected: 'Bound longhorn, asks for 20Gi, has 20Gi', saw: claimText(claim) }));
  const { pod } = await prometheusOf(cluster, signal);
  const minutes = promised.opencost.walAgeMs / 60_000;
  const script = `df -P ${dataPath} / | tail -n +2\nfind ${dataPath}/wal -type f -mmin -${minutes} | head -n 1`;
  const printed = await kubernetes.run(pod, script, signal);
  const mounts = mountsIn(printed);
  const vantage = "Prometheus's own pod";
  observe(
    equal(`mount of ${dataPath}`, {
      expected: 'a file system of its own',
      saw: mounts.has(dataPath) ? 'a file system of its own' : 'none',
      vantage,
    }),
  );
  observe({
    subject: 'write-ahead log',
    vantage,
    expected: `a piece that was written in the last ${minutes} min`,
    saw:
      printed
        .trim()
        .split('\n')
        .find((line) => line.startsWith(`${dataPath}/wal/`)) ?? 'none',
    held: printed.includes(`\n${dataPath}/wal/`),
  });
  control({
    subject: 'file system of the rest of the pod',
    vantage,
    expected: `another than that of ${dataPath}`,
    saw: mounts.get('/') ?? 'unknown',
    held: mounts.get('/') !== undefined && mounts.get('/') !== mounts.get(dataPath),
  });
});

const unwanted = /alertmanager|pushgateway/;

check(requirements['COST-PROM-LEAN'], async ({ cluster, observe, control, signal }) => {
  const { core, apps } = cluster.kubernetes;
  const [deployments, stateful, daemons, services] = await Promise.all([
    apps.listNamespacedDeployment({ namespace }),
    apps.listNamespacedStatefulSet({ namespace }),
    apps.listNamespacedDaemonSet({ namespace }),
    core.listNamespacedService({ namespace }),
  ]);
  const found = [...deployments.items, ...stateful.items, ...daemons.items, ...services.items]
    .filter(({ metadata }) => !isOfRun(metadata))
    .map(({ metadata }) => ({ name: metadata?.name ?? '', label: metadata?.labels?.['app.kubernetes.io/name'] ?? '' }));
  observe(
    noneOf('workloads and Services of Alertmanager and Pushgateway', {
      saw: found.filter((each) => unwanted.test(each.name) || unwanted.test(each.label)).map((each) => each.name),
    }),
  );
  const managers = await (await prometheusOf(cluster, signal)).alertmanagers();
  // A receiver outside this release is what erratum E76 is corrected with: it is no part of the installation.
  const own = managers.filter((url) => url.includes(namespace));
  observe(noneOf('alert managers of the installation that Prometheus knows', { saw: own, vantage: atPrometheus }));
  const expected = [name, 'prometheus-kube-state-metrics'];
  control(
    equal('parts of the installation that the same listing finds', {
      expected,
      saw: expected.filter((each) => found.some((part) => part.name === each)),
    }),
  );
});
