import { promised } from '../../guide/limits.ts';
import { equal, lateIf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { atHost, claim, silentPort } from '../../harness/probe/claims.ts';
import type { HttpTarget } from '../../harness/probe/probe.ts';
import { worked } from '../../harness/probe/worked.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { check } from './check.ts';
import { listingDiffers } from './listing.ts';
import { requirements } from './requirements.ts';
import { arrived, newClaim, volumeName } from './scratch-volumes.ts';

const from = { host: 'admin' };
const vantage = 'admin';
const { shownMs } = promised.storage;
/** The manager asks every volume's engine before it answers. */
const withinSeconds = 30;

check(
  requirements['STOR-UI-DATA'],
  async (context, { heldVolume }) => {
    const { cluster, connect, observe, control, hint, signal } = context;
    const { address } = cluster.documented.services.longhorn;
    hint(
      async () =>
        `curl http://${address}/v1/volumes; kubectl -n longhorn-system logs -l app=longhorn-ui: does it reach longhorn-backend:9500?`,
    );
    const page = (path: string): HttpTarget => ({ kind: 'http', url: `http://${address}${path}`, withinSeconds });
    const admin = atHost('admin');
    const [[answered] = []] = await connect([
      claim([
        {
          role: 'observation',
          from: admin,
          to: { name: "the UI's list of volumes", target: page('/v1/volumes') },
          expect: { status: 200 },
        },
        { role: 'observation', from: admin, to: { name: "the UI's list of nodes", target: page('/v1/nodes') }, expect: { status: 200 } },
        {
          role: 'control',
          from: admin,
          to: silentPort({ name: 'the address of the UI', target: { kind: 'tcp', host: address, port: 80 } }),
          expect: 'not-reached',
        },
      ]),
    ]);
    if (answered?.kind !== 'answered' || answered.status !== 200) return;
    const api = longhorn(cluster.kubernetes, signal);
    const namesOf = async (): Promise<string[]> => (await api.volumes()).map(({ metadata }) => metadata.name);
    const before = await namesOf();
    const listed = await names(context, page('/v1/volumes'));
    observe(listingDiffers('volumes that the UI shows', { listed, before, after: await namesOf(), vantage }));
    observe(equal('nodes that the UI shows', { expected: workerNames(cluster), saw: await names(context, page('/v1/nodes')), vantage }));
    const unknown = worked((await cluster.probe(from, [page(`/v1/volumes/conform-none-${nonce()}`)], signal))[0]);
    const saw = unknown.kind === 'answered' ? String(unknown.status) : unknown.kind;
    control({
      subject: 'a volume that does not exist',
      vantage,
      expected: 'an error',
      saw,
      held: unknown.kind === 'answered' && unknown.status >= 400,
    });
    if (arrived(context, 'a volume of the class', heldVolume) === undefined) return;
    await newOneAppears(context, page('/v1/volumes'));
  },
  { uses: ['longhorn'], deadlineMs: 480_000 },
);

/** The names in a collection of the manager's API. Throws when it is none. */
async function names({ cluster, signal }: CheckContext, to: HttpTarget): Promise<string[]> {
  const outcome = worked((await cluster.probe(from, [to], signal))[0]);
  if (outcome.kind !== 'answered' || outcome.status !== 200)
    throw new Error(`${to.url} gave no list: ${JSON.stringify(outcome).slice(0, 300)}`);
  return (JSON.parse(outcome.body) as { data: { name: string }[] }).data.map(({ name }) => name);
}

async function newOneAppears(context: CheckContext, list: HttpTarget): Promise<void> {
  const { cluster, observe, signal } = context;
  const place = await newClaim(context);
  const api = longhorn(cluster.kubernetes, signal);
  const volume = await until('a new volume', { timeoutMs: patience('volumeSettled'), everyMs: 500, signal }, async () => {
    const { spec } = await cluster.kubernetes.core.readNamespacedPersistentVolumeClaim({ namespace: place.namespace, name: place.claim });
    const found = spec?.volumeName === undefined ? undefined : await api.volume(spec.volumeName);
    return found === undefined ? { notYet: 'not there' } : { done: await volumeName(context, place) };
  });
  const shown = await inTime(() =>
    until('the UI to show it', { timeoutMs: shownMs, everyMs: 1000, signal }, async () =>
      (await names(context, list)).includes(volume) ? { done: undefined } : { notYet: 'it does not' },
    ),
  );
  const isLate = shown.kind === 'late';
  const saw = isLate ? shown.text : 'shown';
  observe({
    subject: 'a new volume at the UI',
    vantage,
    expected: `shown within ${shownMs / 1000} s`,
    saw,
    held: !isLate,
    ...lateIf(isLate),
  });
}
