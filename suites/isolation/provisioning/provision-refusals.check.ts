import { equal } from '../../../harness/engine/measured.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { requirements } from '../requirements.ts';
import { nobodyAnswers, withAnsweringServer } from './answering-server.ts';
import { refuses, succeeds } from './guide-script.ts';
import { isolationObjects, objectNames, templateObjects } from './isolation-objects.ts';
import { accepted, provisionWith, readPrinted, tenantWithNamespace } from './provisioning.ts';

/** Register, ISO-PROVISION-FAILS-LOUDLY. */
const statuses = [401, 404, 409, 422, 500];

/** Rails answers in JSON or with a page, as it is asked; a proxy before it with a page. */
const bodies = [
  { contentType: 'application/json', bodyOf: (status: number) => JSON.stringify({ status, error: 'refused' }) },
  { contentType: 'text/html', bodyOf: (status: number) => `<!DOCTYPE html><html><title>refused (${status})</title></html>` },
] as const;

check(
  requirements['ISO-PROVISION-FAILS-LOUDLY'],
  async (context) => {
    const { observe, control } = context;
    context.hint(readPrinted);
    const [silent, good, ...refused] = await Promise.all([
      tenantWithNamespace(context),
      tenantWithNamespace(context),
      ...bodies.map(async () => tenantWithNamespace(context)),
    ]);
    const attempts = bodies.flatMap(({ contentType, bodyOf }, index) =>
      statuses.map((status) => ({ tenant: refused[index] ?? silent, answer: { status, contentType, body: bodyOf(status) } })),
    );
    const [unanswered, ...ends] = await Promise.all([
      provisionWith(context, silent, await nobodyAnswers()),
      ...attempts.map(async ({ tenant, answer }) =>
        withAnsweringServer(answer, async ({ environment }) => provisionWith(context, tenant, environment)),
      ),
    ]);
    observe(refuses('no connection', unanswered));
    for (const [index, end] of ends.entries())
      observe(refuses(`${attempts[index]?.answer.status} in ${attempts[index]?.answer.contentType}`, end));
    for (const [index, { contentType }] of bodies.entries())
      observe(await objectsIn(context, refused[index]?.namespace ?? '', { what: `a tenant refused in ${contentType}`, expected: [] }));
    observe(await objectsIn(context, silent.namespace, { what: 'a tenant without an answer', expected: [] }));

    const taken = await withAnsweringServer(accepted(good), ({ environment }) => provisionWith(context, good, environment));
    control(succeeds('the same with 201', taken));
    control(await objectsIn(context, good.namespace, { what: 'that tenant', expected: templateObjects }));
  },
  { deadlineMs: 240_000 },
);

async function objectsIn(
  { cluster, signal }: CheckContext,
  namespace: string,
  { what, expected }: { readonly what: string; readonly expected: readonly string[] },
): Promise<Measured> {
  const objects = await isolationObjects(cluster.kubernetes, namespace, signal);
  return equal(`objects in the namespace of ${what}`, { expected, saw: objectNames(objects) });
}
