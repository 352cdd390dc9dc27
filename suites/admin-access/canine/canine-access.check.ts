import { randomBytes } from 'node:crypto';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../check.ts';
import { tokenOf } from '../../fixtures/scratch-tenant.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CanineApi, Operation, Person } from './api.ts';
import { newApp, withCanine } from './canine.ts';
import { asControl, does, inOrder, lists } from './in-order.ts';
import { requirements } from '../requirements.ts';

/** Canine writes to a replicated volume; several checks at the same time wait for each other there. */
const options = { uses: ['canine'], deadlineMs: 240_000 } as const;

/** A refusal must say that the key is missing or wrong, not that nothing is there (guide, Step 7: each call has a token). */
const unauthorized = 401;

check(
  requirements['ADM-CANINE-AUTH'],
  (context) =>
    withCanine(context, async (canine) => {
      const planned = newApp();
      const app = canine.app(planned);
      await inOrder(context, [
        // Before anything is made: where the operations are not there at all, this is what shows it.
        letsNobodyIn(canine, planned.name, 'no token', async () => undefined),
        does('an application is made, to be left alone', () => app.create()),
        letsNobodyIn(canine, planned.name, 'a wrong token', async () => randomBytes(16).toString('hex')),
        letsNobodyIn(canine, planned.name, 'a revoked token', () => canine.revokedToken()),
        { subject: 'deployments of that application', expected: 'none', see: async () => (await app.deployments()).join(', ') || 'none' },
        lists('that application', planned.name, async () => (await canine.listApps()).map(({ name }) => name)),
        asControl({
          subject: "the same read operation with the administrator's token",
          expected: 'HTTP 200',
          see: async () => `HTTP ${(await canine.withToken(canine.operations(planned.name)[0], await canine.adminToken())).status}`,
        }),
      ]);
    }),
  options,
);

/** Every operation, with a token or none: what does not answer 401 let somebody in, or is not there. */
function letsNobodyIn(canine: CanineApi, app: string, what: string, token: () => Promise<string | undefined>) {
  return {
    subject: `operations that answer something else than ${unauthorized} to ${what}`,
    expected: 'none',
    see: async (): Promise<string> => {
      const shown = await token();
      const answers = await Promise.all(
        canine.operations(app).map(async (operation) => ({ operation, answer: await canine.withToken(operation, shown) })),
      );
      const others = answers
        .filter(({ answer }) => answer.status !== unauthorized)
        .map(({ operation: { method, path }, answer }) => `${method} ${path} ${answer.status}`);
      return others.join('; ') || 'none';
    },
  };
}

check(
  requirements['ADM-CANINE-TOKEN'],
  (context) =>
    withCanine(context, async (canine) => {
      const [read] = canine.operations('none');
      const wrong = (token: string): string => `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
      await inOrder(context, [
        {
          subject: `${read.method} ${read.path} with the key from the Secret`,
          expected: 'HTTP 200',
          see: async () => `HTTP ${(await canine.withToken(read, await canine.adminToken())).status}`,
        },
        asControl({
          subject: 'the same with one character changed',
          expected: `HTTP ${unauthorized}`,
          see: async () => `HTTP ${(await canine.withToken(read, wrong(await canine.adminToken()))).status}`,
        }),
      ]);
    }),
  options,
);

check(
  requirements['ADM-CANINE-AUTH-SCOPE'],
  (context) =>
    withCanine(context, async (canine) => {
      const kubeconfig = await powerlessKubeconfig(context);
      const [alice, bob] = [await canine.tenant(newPerson(), kubeconfig), await canine.tenant(newPerson(), kubeconfig)];
      const before = await bob.state();
      const on = ({ app, build }: typeof bob): Operation[] => [
        ...canine.operations(app).filter(({ path }) => path.includes(app)),
        { method: 'GET', path: `/api/v1/builds/${build}` },
        { method: 'PATCH', path: `/api/v1/builds/${build}/kill` },
        { method: 'GET', path: `/api/v1/builds?project_id=${app}` },
      ];
      const inAccount: Operation[] = ['me', 'projects', 'clusters'].map((path) => ({
        method: 'GET',
        path: `/api/v1/${path}?account_id=${bob.account}`,
      }));
      const others = await statuses(canine, [...on(bob), ...inAccount], alice.token);
      context.observe(
        noneOf("operations on bob's objects that answer alice's token with something else than 403 or 404", {
          vantage: 'Canine',
          saw: others.filter(({ status }) => status !== 403 && status !== 404).map(({ text }) => text),
        }),
      );
      await alice.attack(bob);
      context.observe(
        equal("bob's objects after all of that, and after alice's tries at the dashboard", {
          vantage: 'Canine',
          expected: before,
          saw: await bob.state(),
        }),
      );
      const own = await statuses(
        canine,
        [
          { method: 'GET', path: `/api/v1/projects/${alice.app}` },
          { method: 'GET', path: `/api/v1/builds/${alice.build}` },
          { method: 'POST', path: `/api/v1/projects/${alice.app}/deploy` },
        ],
        alice.token,
      );
      // What was tried on bob's does take effect where it is allowed.
      await alice.setVariable(alice);
      const changed = await alice.state();
      context.control({
        subject: "alice's own objects after she has set the same variable at the dashboard",
        vantage: 'Canine',
        expected: 'variables CONFORM',
        saw: changed,
        held: changed.endsWith('; variables CONFORM'),
      });
      for (const [index, { text, status }] of own.entries())
        context.control({
          key: `alice's token on her own: ${['application', 'build', 'deployment'][index]}`,
          subject: `alice's token on her own: ${text}`,
          vantage: 'Canine',
          expected: '200',
          saw: String(status),
          held: status === 200,
        });
    }),
  options,
);

async function statuses(canine: CanineApi, operations: readonly Operation[], token: string): Promise<{ text: string; status: number }[]> {
  return Promise.all(
    operations.map(async (operation) => {
      const { status } = await canine.withToken(operation, token);
      return { text: `${operation.method} ${operation.path} ${status}`, status };
    }),
  );
}

function newPerson(): Person {
  return { email: `conform-${nonce()}@example.com`, password: randomBytes(12).toString('base64url') };
}

/** Of an account of the cluster that may do nothing: where a tenant's application would run is not the matter here. */
async function powerlessKubeconfig({ cluster: { kubernetes, documented }, changes, signal }: CheckContext): Promise<string> {
  const namespace = `conform-canine-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/canine-powerless.yaml`, { NAMESPACE: namespace });
  const [token, root] = await Promise.all([
    tokenOf(kubernetes, { namespace, name: 'powerless' }, signal),
    kubernetes.core.readNamespacedConfigMap({ namespace: 'default', name: 'kube-root-ca.crt' }),
  ]);
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'powerless',
    clusters: [
      {
        name: 'powerless',
        cluster: {
          server: `https://${documented.apiServiceAddress}:443`,
          'certificate-authority-data': Buffer.from(root.data?.['ca.crt'] ?? '').toString('base64'),
        },
      },
    ],
    contexts: [{ name: 'powerless', context: { cluster: 'powerless', user: 'powerless' } }],
    users: [{ name: 'powerless', user: { token } }],
  });
}
