import { requirementsOf } from '../../harness/requirement.ts';

/** What a tenant namespace hardened by the guide's template must and must not be able to do. */
export const requirements = requirementsOf('isolation', {
  'ISO-CROSS-TENANT-DENY': {
    promise: "Tenant pods cannot open TCP connections to another tenant's pods, in either direction, on one node or across nodes.",
    guide: ['Tenant Isolation Model', 'Test Tenant Isolation'],
    severity: 'critical',
    kind: 'active',
    needs: ['kubernetes', 'calico'],
  },
});
