import { requirementsOf } from '../../harness/requirement.ts';

/** Calico, kube-proxy, names, and MetalLB's address pools. Who may reach what is judged in isolation and admin-access. */
export const requirements = requirementsOf('network', {
  'NET-LB-AUTO': {
    promise: 'A Service without a requested address gets one of 192.168.29.110-199 within 10 s and answers from outside.',
    guide: ['Step 4: MetalLB – Restrict LoadBalancer IPs to Admin Pool', 'Network Reference'],
    severity: 'critical',
    kind: 'active',
    needs: ['kubernetes', 'metallb', 'outside-vantage'],
    asWritten: { verdict: 'broken', errata: ['E23'] },
  },
  'NET-LB-ANNOUNCE': {
    promise: 'On the LAN exactly one node answers ARP for an assigned address, with the MAC of the node that MetalLB names.',
    guide: ['Install MetalLB'],
    severity: 'critical',
    kind: 'active',
    needs: ['kubernetes', 'metallb', 'outside-vantage'],
    asWritten: { verdict: 'broken', errata: ['E23'] },
  },
});
