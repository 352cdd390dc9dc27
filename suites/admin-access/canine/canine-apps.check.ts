import { promised } from '../../../guide/limits.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { EchoPod } from '../../fixtures/echo-group.ts';
import { worked } from '../../../harness/probe/worked.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import type { AppOperations, NewApp } from './api.ts';
import { deployed, namespaceState, podsOf, triggers } from './app-pods.ts';
import { newApp, withCanine } from './canine.ts';
import { type Step, asControl, does, inOrder, lacks, lists } from './in-order.ts';

const { applicationSettledMs } = promised.adminAccess;
/** Canine writes to a replicated volume; several checks at the same time wait for each other there. */
const options = { uses: ['canine'], deadlineMs: 300_000 } as const;

check(
  requirements['ADM-CANINE-APPS'],
  (context) =>
    withCanine(context, async (canine) => {
      const [planned, other] = [newApp(), newApp()];
      const app = canine.app(planned);
      const text = ({ name, repository, branch }: Pick<NewApp, 'name' | 'repository' | 'branch'>): string =>
        `${name} of ${repository}, ${branch}`;
      const listed = async (): Promise<string[]> => (await canine.listApps()).map(text);
      const namespace = (when: string, expected: string): Step => ({
        subject: `its namespace ${when}`,
        expected,
        see: () => namespaceState(context, planned),
      });
      await inOrder(context, [
        does('the applications are listed', listed),
        asControl(lacks('the application before its creation', text(planned), listed)),
        asControl(namespace('before its creation', 'gone')),
        does('an application is created', () => app.create()),
        does('another one is created', () => canine.app(other).create()),
        lists('the application with its repository and branch', text(planned), listed),
        ...deployed(context, { app, planned }),
        asControl(namespace('while it runs', 'Active')),
        does('it is deleted', () => app.delete()),
        { subject: 'its namespace, with all that ran in it', expected: 'gone', see: () => namespaceGone(context, planned) },
        lists('the other one, left alone', text(other), listed),
        lacks('the deleted one among the applications', text(planned), listed),
      ]);
    }),
  options,
);

async function namespaceGone(context: CheckContext, planned: NewApp): Promise<string> {
  const waiting = { timeoutMs: applicationSettledMs, everyMs: 1000, signal: context.signal };
  return until(`namespace ${planned.name} to be gone`, waiting, async () => {
    const state = await namespaceState(context, planned);
    return state === 'gone' ? { done: state } : { notYet: state };
  });
}

check(
  requirements['ADM-CANINE-DEPLOYMENTS'],
  (context) =>
    withCanine(context, async (canine) => {
      const planned = newApp();
      const app = canine.app(planned);
      let before: readonly string[] = [];
      let serving: readonly EchoPod[] = [];
      const newInList = (when: string, expected: string): Step => ({
        subject: `deployments that are new in the list ${when}`,
        expected,
        see: async () => String((await app.deployments()).filter((id) => !before.includes(id)).length),
      });
      await inOrder(context, [
        does('an application is created', () => app.create()),
        triggers(app),
        completes(context, app),
        {
          subject: 'pods that serve',
          expected: '1',
          see: async () => String((serving = await podsOf(context, planned, 1)).length),
          awaited: true,
        },
        does('its deployments are listed', async () => (before = await app.deployments())),
        asControl(newInList('without a trigger', '0')),
        asControl({
          subject: 'the pod that serves without a trigger',
          expected: 'the same',
          see: async () => (isAnother(serving, await podsOf(context, planned, 1)) ? 'another one' : 'the same'),
        }),
        triggers(app),
        newInList('after the trigger', '1'),
        completes(context, app),
        { subject: 'the pod that serves now', expected: 'another one', see: () => replaced(context, planned, serving), awaited: true },
      ]);
    }),
  options,
);

/** Register, ADM-CANINE-DEPLOYMENTS: until it is final. */
function completes({ signal }: CheckContext, app: AppOperations): Step {
  const see = async (): Promise<string> =>
    until('the latest deployment to be final', { timeoutMs: applicationSettledMs, everyMs: 1000, signal }, async () => {
      const status = await app.latestStatus();
      return status === 'in_progress' ? { notYet: status } : { done: status };
    });
  return { subject: "the latest deployment's status, when it is final", expected: 'completed', see, awaited: true };
}

async function replaced(context: CheckContext, planned: NewApp, before: readonly EchoPod[]): Promise<string> {
  const endsAt = Date.now() + applicationSettledMs;
  const waiting = { timeoutMs: applicationSettledMs, everyMs: 1000, signal: context.signal };
  return until('another pod to serve', waiting, async () => {
    const now = await podsOf(context, planned, 1, endsAt - Date.now());
    return isAnother(before, now) ? { done: 'another one' } : { notYet: now.map(({ pod }) => pod).join(', ') };
  });
}

function isAnother(before: readonly EchoPod[], now: readonly EchoPod[]): boolean {
  return now.some(({ pod }) => before.every((each) => each.pod !== pod));
}

check(
  requirements['ADM-CANINE-SCALE'],
  (context) =>
    withCanine(context, async (canine) => {
      const planned = newApp();
      const app = canine.app(planned);
      const answering = (when: string, count: number): Step => ({
        subject: `pods that answer by their own names ${when}`,
        expected: String(count),
        see: async () => String(new Set(await namesThatAnswer(context, await podsOf(context, planned, count))).size),
        awaited: true,
      });
      await inOrder(context, [
        does('an application is created', () => app.create()),
        ...deployed(context, { app, planned }),
        asControl(answering('before', 1)),
        does('its replicas are set to 3', () => app.scale(3)),
        answering('then', 3),
      ]);
    }),
  options,
);

/** From the first of them. */
async function namesThatAnswer({ cluster, signal }: CheckContext, pods: readonly EchoPod[]): Promise<string[]> {
  const [first] = pods;
  if (first === undefined) return [];
  const outcomes = await cluster.probe(
    first.place,
    pods.map(({ url }) => ({ kind: 'http', url: `${url}/hostname` })),
    signal,
  );
  return outcomes
    .map(worked)
    .flatMap((outcome, index) => (outcome.kind === 'answered' && outcome.body.trim() === pods[index]?.pod ? [outcome.body.trim()] : []));
}
