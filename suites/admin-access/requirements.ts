import { requirementsOf } from '../../harness/requirement.ts';

/** Who reaches the platform, and who does not. */
export const requirements = requirementsOf('admin-access', {
  'ADM-CANINE-ALLOW': {
    promise: 'The Canine dashboard at http://canine.29.talos.vaheed.net = 192.168.29.101:80 answers the admin workstation, the CI server and the VPN.',
    guide: ['Step 5: Install Canine', 'Step 5: Verify Admin Access Control', 'Summary'],
    severity: 'critical',
    kind: 'active',
    needs: ['canine', 'calico', 'metallb', 'outside-vantage'],
    asWritten: { verdict: 'broken', errata: ['E19', 'E23'] },
  },
  'ADM-CANINE-DENY': {
    promise: 'The Canine dashboard and REST API at 192.168.29.101 answer no outsider, no LAN host and no tenant pod.',
    guide: ['Step 5: Verify Admin Access Control', 'Summary'],
    severity: 'critical',
    kind: 'active',
    needs: ['canine', 'calico', 'metallb', 'outside-vantage'],
    asWritten: { verdict: 'inconclusive', errata: ['E19', 'E23'] },
  },
});
