import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import type { NewApp } from './api.ts';
import { deployed, valueInPods } from './app-pods.ts';
import { newApp, withCanine } from './canine.ts';
import { type Step, asControl, does, inOrder, lacks, lists } from './in-order.ts';
import { kindsThatHold } from './objects-that-hold.ts';

const options = { uses: ['canine'], deadlineMs: 300_000 } as const;
const unset = 'not set';

check(
  requirements['ADM-CANINE-ENV'],
  (context) =>
    withCanine(context, async (canine) => {
      const planned = newApp();
      const [app, other] = [canine.app(planned), canine.app(newApp())];
      const variable = { name: 'CONFORM_DATABASE_URL', value: `postgres://${planned.name}` };
      const inPods = (when: string, wanted: string): Step => ({
        subject: `its value in the pods ${when}`,
        expected: wanted,
        see: () => valueInPods(context, planned, { name: variable.name, wanted }),
        ...(wanted === unset ? {} : { awaited: true }),
      });
      await inOrder(context, [
        does('an application is created', () => app.create()),
        does('another one is created', () => other.create()),
        ...deployed(context, { app, planned }),
        asControl(inPods('before it is set', unset)),
        does('an environment variable is set', () => app.setVariable(variable.name, variable.value)),
        lists('the variable', variable.name, () => app.variables()),
        inPods('once it is set', variable.value),
        nowhereButInSecrets(context, planned, variable.value),
        findsTextInClear(context, planned),
        asControl(lacks('the variable among those of the other application', variable.name, () => other.variables())),
        does('it is deleted', () => app.deleteVariable(variable.name)),
        lacks('the variable afterwards', variable.name, () => app.variables()),
        inPods('afterwards', unset),
      ]);
    }),
  options,
);

/** Of all objects of the namespace: their specifications, data, annotations, and states. */
function nowhereButInSecrets({ cluster, signal }: CheckContext, { name: namespace }: NewApp, text: string): Step {
  const see = async (): Promise<string> => (await kindsThatHold(cluster.kubernetes, { namespace, text }, signal)).join(', ') || 'none';
  return { subject: 'kinds of objects of the namespace that hold the value', expected: 'Secret', see };
}

/** The search looks into objects that may hold a value in clear: there it finds the application's image. */
function findsTextInClear({ cluster, signal }: CheckContext, { name: namespace, repository, branch }: NewApp): Step {
  const expected = ['Deployment', 'Pod', 'ReplicaSet'];
  const see = async (): Promise<string> => {
    const kinds = await kindsThatHold(cluster.kubernetes, { namespace, text: `${repository}:${branch}` }, signal);
    return expected.every((kind) => kinds.includes(kind)) ? expected.join(', ') : kinds.join(', ') || 'none';
  };
  return asControl({ subject: 'kinds of objects of the namespace that hold its image, found alike', expected: expected.join(', '), see });
}
