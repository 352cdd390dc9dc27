import { equal } from '../../../harness/engine/measured.ts';
import { jsonOf } from '../../../harness/platform/opencost/allocation.ts';
import { livingPod } from '../../../harness/platform/prometheus/targets.ts';
import { check } from '../check.ts';
import { opencostPods } from '../cost-api.ts';
import { requirements } from '../requirements.ts';

/** Guide, OpenCost, Step 3: PROMETHEUS_SERVER_ENDPOINT. */
const endpoint = 'http://prometheus-server.prometheus-system.svc.cluster.local';
const vantage = "OpenCost's own container";
/** The discard port, on which nobody listens (RFC 863). */
const unusedPort = 9;

check(requirements['COST-OC-PROM-ENDPOINT'], async ({ cluster, observe, control, hint, signal }) => {
  hint(
    async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: what admits namespace opencost to prometheus-system (E20)?',
  );
  const { namespace, pod: name } = await livingPod(cluster, opencostPods);
  const { spec } = await cluster.kubernetes.core.readNamespacedPod({ namespace, name });
  const variables = spec?.containers.find((each) => each.name === 'opencost')?.env ?? [];
  // The chart writes one before the guide's own; the last of a name counts.
  const last = variables.filter((each) => each.name === 'PROMETHEUS_SERVER_ENDPOINT').at(-1)?.value;
  observe(equal('PROMETHEUS_SERVER_ENDPOINT of OpenCost', { expected: endpoint, saw: last ?? 'none' }));
  const place = { namespace, pod: name, container: 'opencost' };
  const fetched = async (url: string): Promise<string> =>
    cluster.kubernetes.run(place, `wget -q -T 10 -t 1 -O- '${url}' || echo "wget ended with $?"`, signal);
  const [answer, unused, resolved] = await Promise.all([
    fetched(`${endpoint}/api/v1/query?query=up`),
    fetched(`${endpoint}:${unusedPort}/`),
    cluster.kubernetes.run(place, `getent hosts ${new URL(endpoint).hostname} || echo none`, signal),
  ]);
  const series = (jsonOf(answer) as { status?: string; data?: { result?: unknown[] } } | undefined)?.data?.result?.length ?? 0;
  observe({
    subject: 'series in the answer to the query `up`',
    vantage,
    expected: 'some',
    saw: series > 0 ? String(series) : answer.trim().slice(0, 200),
    held: series > 0,
  });
  control({
    subject: 'answer on a port of the same name on which nobody listens',
    vantage,
    expected: 'none',
    saw: unused.trim().slice(0, 100),
    held: unused.includes('wget ended with'),
  });
  control({
    subject: `address of ${new URL(endpoint).hostname}`,
    vantage,
    expected: 'one',
    saw: resolved.trim(),
    held: /^\d/.test(resolved.trim()),
  });
});

check(requirements['COST-UI-9090'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'kubectl -n opencost logs deployment/opencost -c opencost-ui');
  const { pod, namespace } = await livingPod(cluster, opencostPods);
  const port = { namespace, pod, port: 9090 };
  const at = `${pod}:9090`;
  const get = (path: string) => cluster.kubernetes.ask(port, { method: 'GET', path }, signal);
  const [page, model, none] = [
    await get('/'),
    await get('/model/allocation?window=1d&aggregate=namespace'),
    await get('/model/conform-no-such-path'),
  ];
  const type = page.headers['content-type'] ?? 'no type';
  observe({
    key: 'the page',
    subject: `the page at ${at}/`,
    vantage: "OpenCost's own pod",
    expected: '200 text/html with a script',
    saw: `${page.status} ${type}, ${page.body.includes('<script') ? 'with' : 'without'} a script`,
    held: page.status === 200 && type.startsWith('text/html') && page.body.includes('<script'),
  });
  const data = jsonOf(model.body) as { code?: number; data?: unknown } | undefined;
  observe({
    subject: "the API behind the page's path /model/",
    vantage: "OpenCost's own pod",
    expected: '200, code 200 with data',
    saw: `${model.status}, code ${data?.code ?? 'none'} ${Array.isArray(data?.data) ? 'with' : 'without'} data`,
    held: model.status === 200 && data?.code === 200 && Array.isArray(data.data),
  });
  control(equal('a path under /model/ that is not there', { expected: '404', saw: String(none.status), vantage: "OpenCost's own pod" }));
});
