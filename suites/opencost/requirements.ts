import { requirementsOf } from '../../harness/platform/capabilities.ts';

/** Prometheus and OpenCost: prices, allocation, reports. */
export const requirements = requirementsOf('opencost', {
  'COST-API-HEALTHZ': {
    promise: ({ services }) =>
      `GET /healthz on port 9003 of ${services.opencost.address} answers 200 while OpenCost lives, and a copy of OpenCost that is dead does not.`,
    guide: ['Step 6: OpenCost API – Complete Operations Reference', 'Complete Cluster Health Check'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'opencost', 'metallb', 'outside-vantage', 'node-shell'],
    fault: 'Scale the Deployment opencost to 0.',
    asWritten: { verdict: 'broken', errata: ['E23', 'E30'] },
  },
});
