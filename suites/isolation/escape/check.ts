import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { fixture } from '../../../harness/platform/check.ts';
import { check as suiteCheck } from '../../fixtures/check.ts';
import { type ScratchTenant, scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { type Became, podBecame } from '../tenant-workload.ts';

const plainName = 'conform-plain';

/** A tenant with one plain pod that runs, made by its own token: what is refused to it is refused for what it asks. */
const tenantWithPod = fixture(
  { name: 'tenant of the escape checks' },
  async (context): Promise<ScratchTenant & { readonly plain: Became }> => {
    const tenant = await scratchTenant(context);
    const [pod = {}] = await readManifest(`${import.meta.dirname}/../tenant-pod.yaml`, { NAME: plainName, NAMESPACE: tenant.namespace });
    await tenant.asTenant.raw.create(pod, context.signal);
    return { ...tenant, plain: await podBecame(context, { namespace: tenant.namespace, name: plainName }) };
  },
);

/** Defines a check of how a tenant might escape. */
export const check = suiteCheck.extend({ tenantWithPod });
