import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { isolate, scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { startSampling } from '../../../harness/probe/sampler.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { echoPod } from '../../fixtures/echo-group.ts';
import { type Environment, kubectlFolder, refuses, runScript, succeeds } from './guide-script.ts';
import {
  clusterSnapshot,
  differences,
  isolationObjects,
  objectNames,
  settledObjects,
  templateObjects,
  versions,
} from './isolation-objects.ts';
import { requirements } from '../requirements.ts';

const script = 'apply-tenant-isolation.sh';
/** Their objects are in the snapshots: nobody may change them meanwhile. */
const undisturbed = { uses: ['tenant-alice', 'tenant-bob'] } as const;

check(
  requirements['ISO-SCRIPT-APPLY'],
  async (context) => {
    const {
      cluster: { kubernetes },
      signal,
      observe,
      control,
    } = context;
    const { namespace } = await scratchTenant(context, { hardened: false });
    const look = () => clusterSnapshot(kubernetes, namespace, signal);
    const [first, before] = [await look(), await look()];
    control(noneOf('changes of the cluster while nothing runs', { saw: differences(first, before) }));
    control(
      equal('objects of the template before the run', {
        expected: [],
        saw: objectNames(await isolationObjects(kubernetes, namespace, signal)),
      }),
    );

    const answer = await runScript(context, { script, environment: { NS: namespace } });
    const changed = differences(before, await look());
    observe(succeeds(`${script} of ${namespace}`, answer));
    observe(equal('its last line', { expected: `Done: ${namespace} is isolated.`, saw: answer.stdout.trim().split('\n').at(-1) ?? '' }));
    observe(
      equal(`objects in ${namespace}`, {
        expected: templateObjects,
        saw: objectNames(await isolationObjects(kubernetes, namespace, signal)),
      }),
    );
    const own = new RegExp(`^. (Namespace ${namespace}$|\\w+ ${namespace}/)`);
    observe(noneOf('changes elsewhere in the cluster', { saw: changed.filter((each) => !own.test(each)) }));
  },
  undisturbed,
);

check(
  requirements['ISO-SCRIPT-IDEMPOTENT'],
  async (context) => {
    const { cluster, changes, signal, observe, control, show } = context;
    const { namespace } = await scratchTenant(context);
    await changes.createFrom(`${import.meta.dirname}/stream-pods.yaml`, { NAMESPACE: namespace });
    const [client, server] = (await readyPods(cluster.kubernetes, { namespace, selector: 'conform-stream', count: 2 }, signal)).map(
      echoPod,
    );
    if (client === undefined || server === undefined) throw new Error(`${namespace} has not the two pods of the stream`);
    const sampling = await startSampling(
      cluster,
      [{ name: 'a connection between pods of the tenant', from: client.place, url: `${server.url}/hostname`, connection: 'kept-open' }],
      { maxMs: 150_000, everyMs: 250, signal },
    );
    const before = versions(await settledObjects(cluster.kubernetes, namespace, signal));
    sampling.mark('the script runs again');
    const again = await runScript(context, { script, environment: { NS: namespace } });
    observe(succeeds('the second run', again));
    observe(
      equal('versions of the objects after it', {
        expected: before,
        saw: versions(await isolationObjects(cluster.kubernetes, namespace, signal)),
      }),
    );

    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'tenant-quota', namespace } };
    await changes.patch(quota, { spec: { hard: { 'requests.cpu': '3' } } });
    control(equal('requests.cpu of the quota after an edit by hand', { expected: '3', saw: await cpuOf(context, namespace) }));
    sampling.mark('the script runs over an edit by hand');
    await isolate(context, namespace);
    observe(equal('requests.cpu of the quota after the next run', { expected: '2', saw: await cpuOf(context, namespace) }));

    const series = await sampling.stop();
    show(series);
    const samples = series.flatMap((each) => each.samples);
    const lastMarkMs = Math.max(...series.flatMap((each) => each.events.map(({ atMs }) => atMs)));
    control({
      subject: 'samples over the connection',
      vantage: cluster.placeText(client.place),
      expected: 'at least 10',
      saw: String(samples.length),
      held: samples.length >= 10,
    });
    control({
      subject: 'answered samples after the last run began',
      vantage: cluster.placeText(client.place),
      expected: 'some',
      saw: String(samples.filter(({ ok, atMs }) => ok && atMs > lastMarkMs).length),
      held: samples.some(({ ok, atMs }) => ok && atMs > lastMarkMs),
    });
    const isSlow = (sample: (typeof samples)[number] | undefined): boolean => ['timeout', 'no-answer'].includes(sample?.outcome ?? '');
    const slow = samples.filter(isSlow);
    // The sampler itself gives up the connection after a time-out, and then opens another.
    const cut = samples.filter((sample, index) =>
      sample.ok ? sample.outcome.includes('new connection') && !isSlow(samples[index - 1]) : !isSlow(sample),
    );
    observe(
      noneOf('interruptions of a connection that was open meanwhile', {
        saw: cut.map(({ outcome }) => outcome),
        vantage: cluster.placeText(client.place),
      }),
    );
    observe({
      ...noneOf('requests over it without an answer', {
        saw: slow.map(({ outcome, atMs }) => `${outcome} at ${atMs} ms`),
        vantage: cluster.placeText(client.place),
      }),
      ...lateIf(slow.length > 0),
    });
  },
  { deadlineMs: 180_000 },
);

async function cpuOf({ cluster: { kubernetes } }: CheckContext, namespace: string): Promise<string> {
  const { spec } = await kubernetes.core.readNamespacedResourceQuota({ name: 'tenant-quota', namespace });
  return spec?.hard?.['requests.cpu'] ?? 'not limited';
}

/** Values that are no tenant's namespace, and harm nobody when the script takes them: these are tried for real. */
const notANamespace: readonly { readonly name: string; readonly environment: (absent: string) => Environment }[] = [
  { name: 'NS not set', environment: () => ({ NS: undefined }) },
  { name: 'NS empty', environment: () => ({ NS: '' }) },
  { name: 'a namespace that is not there', environment: (absent) => ({ NS: absent }) },
  { name: 'a name that no namespace can have', environment: () => ({ NS: 'Bad_Name' }) },
  { name: 'a value of two lines', environment: (absent) => ({ NS: `${absent}\n${absent}` }) },
];

check(
  requirements['ISO-SCRIPT-BAD-INPUT'],
  async (context) => {
    const {
      cluster: { kubernetes, documented },
      signal,
      observe,
      control,
    } = context;
    context.hint(async () => 'the first lines of apply-tenant-isolation.sh: what does it ask of NS before it calls kubectl?');
    const { namespace } = await scratchTenant(context, { hardened: false });
    const before = await clusterSnapshot(kubernetes, namespace, signal);
    const refusedRuns = await Promise.all(
      notANamespace.map(async ({ name, environment }) =>
        refuses(name, await runScript(context, { script, environment: environment(`${namespace}-absent`) })),
      ),
    );
    for (const refused of refusedRuns) observe(refused);
    observe(
      noneOf('changes of the cluster by these runs', { saw: differences(before, await clusterSnapshot(kubernetes, namespace, signal)) }),
    );

    // As dry runs: a script that takes them would cut the platform off.
    const { path } = await kubectlFolder(context, 'dry-run-kubectl.sh');
    const others = ['kube-system', 'default', ...documented.platformNamespaces];
    const dryRuns = await Promise.all(
      others.map(async (other) =>
        refuses(`the namespace ${other}`, await runScript(context, { script, environment: { PATH: path, NS: other } })),
      ),
    );
    for (const refused of dryRuns) observe(refused);

    control(succeeds('a dry run for a tenant', await runScript(context, { script, environment: { PATH: path, NS: namespace } })));
    control(
      equal('objects of the tenant after it', { expected: [], saw: objectNames(await isolationObjects(kubernetes, namespace, signal)) }),
    );
    control(succeeds('a run for a tenant', await runScript(context, { script, environment: { NS: namespace } })));
    control(
      equal('objects of the tenant after it', {
        expected: templateObjects,
        saw: objectNames(await isolationObjects(kubernetes, namespace, signal)),
      }),
    );
  },
  undisturbed,
);
