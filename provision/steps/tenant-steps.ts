import type { Profile } from '../../guide/cluster.ts';
import { kubectl, own, rollout, script } from './builders.ts';
import type { Step } from './step.ts';

/** The guide's two test tenants, with the values of its section "Test Tenant Isolation". */
const tenants = [
  { name: 'alice', email: 'alice@example.com', password: 'AlicePass!123' },
  { name: 'bob', email: 'bob@example.com', password: 'BobPass!456' },
];

/** Canine's first user (guide: Canine, Step 4). The password is no secret: it opens nothing outside a sealed lab. */
export const canineAdmin = { email: 'admin@vaheed.net', password: 'Rehearsal-only-29!' };

/** Guide: Canine, Step 6 to Step 8. */
export function tenantSteps(profile: Profile): Step[] {
  return [
    ...(profile === 'corrected' ? [admission, onboarding] : []),
    ...tenants.flatMap((tenant) => [provision(tenant, profile), isolate(tenant.name, profile)]),
  ];
}

/** Nothing in the guide's template restricts accounts, nodes, taints and external addresses. */
const admission: Step = {
  id: 'tenant-admission',
  title: 'What tenants may not ask of the cluster',
  guide: 'Tenant Isolation Model',
  actions: [own('canine/tenant-admission', 'corrected', ['E44', 'E88', 'E89'])],
};

/** The guide has its reader do this in the dashboard, with a browser; its script for it exists in the corrected profile only. */
const onboarding: Step = {
  id: 'canine-onboarding',
  title: "Canine's first user and an API key",
  guide: 'Step 7: Canine API – Complete Operations Reference',
  gate: [rollout('deployment/canine', 'canine')],
  actions: [script('canine-onboarding.sh', [], { CANINE_EMAIL: canineAdmin.email, CANINE_PASSWORD: canineAdmin.password })],
};

function provision({ name, email, password }: (typeof tenants)[number], profile: Profile): Step {
  return {
    id: `provision-canine-${name}`,
    title: `Provision tenant ${name}`,
    guide: 'Step 8: Automate Tenant Provisioning (API + Isolation Script)',
    gate: [rollout('deployment/canine', 'canine')],
    ...(profile === 'corrected'
      ? { actions: [script('provision-tenant.sh', [name, email, password])] }
      : {
          actions: [script('provision-tenant.sh', [name, email, password], { CANINE_TOKEN: 'your-admin-api-token-here' })],
          failsBy: { erratum: 'E38', saying: 'Invalid numeric literal' },
        }),
  };
}

/** As written, the step before makes no namespace (erratum E38). The lab makes it, so that the rest can be judged. */
function isolate(name: string, profile: Profile): Step {
  const namespace = `canine-${name}`;
  const isolation = script('apply-tenant-isolation.sh', [], { NS: namespace });
  return {
    id: `isolation-${namespace}`,
    title: `Tenant isolation of ${namespace}`,
    guide: 'Step 6: Tenant Namespace Isolation Template',
    actions: profile === 'as-written' ? [kubectl('create', 'namespace', namespace), isolation] : [isolation],
  };
}
