import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { check } from '../../fixtures/check.ts';
import { requirements } from '../requirements.ts';
import { refuses, succeeds } from './guide-script.ts';
import { isolationObjects, objectNames, templateObjects } from './isolation-objects.ts';
import { comesLate, endsAtOnce, givenUpInTime, hardenedInTime, loggedRun, looksAsPromised, refuseNamespace } from './provision-waits.ts';
import { namespacesLike, newTenant, readPrinted, tenantWithNamespace } from './provisioning.ts';

check(
  requirements['ISO-PROVISION-WAITS'],
  async (context) => {
    const { cluster, signal, observe, control } = context;
    context.hint(readPrinted);
    const [early, late, never] = await Promise.all([tenantWithNamespace(context), newTenant(context), newTenant(context)]);
    await refuseNamespace(context, never.namespace);
    const [immediate, afterIts, without] = await Promise.all([
      loggedRun(context, early),
      loggedRun(context, late, (running, kubectl) => comesLate(context, late.namespace, { running, kubectl })),
      loggedRun(context, never),
    ]);
    control(succeeds('for a namespace that is there', immediate.answer));
    control(endsAtOnce(immediate.calls, early.namespace));

    observe(succeeds('for a namespace that comes late', afterIts.answer));
    observe(hardenedInTime(afterIts.calls, late.namespace));
    const objects = await isolationObjects(cluster.kubernetes, late.namespace, signal);
    observe(equal('objects in the namespace that came late', { expected: templateObjects, saw: objectNames(objects) }));

    observe(refuses('for a namespace that never comes', without.answer));
    observe(looksAsPromised(without.calls, never.namespace));
    observe(givenUpInTime(without.calls, never.namespace));
    observe(noneOf('the namespace that never came', { saw: await namespacesLike(context, never.name) }));
  },
  { deadlineMs: 240_000 },
);
