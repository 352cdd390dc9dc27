import { requirementsOf } from '../../harness/platform/capabilities.ts';

/** Prometheus and OpenCost: prices, allocation, reports. */
export const requirements = requirementsOf('opencost', {
  'COST-API-HEALTHZ': {
    promise: 'GET /healthz on port 9003 of 192.168.29.102 answers 200 while OpenCost lives, and not otherwise.',
    guide: ['Step 6: OpenCost API – Complete Operations Reference', 'Complete Cluster Health Check'],
    severity: 'major',
    kind: 'active',
    needs: ['opencost', 'outside-vantage'],
    fault: 'Scale the Deployment opencost to 0.',
    asWritten: { verdict: 'broken', errata: ['E23', 'E30'] },
  },
});
