import { describe, expect, it } from 'vitest';
import { documentedCluster } from '../../../guide/cluster.ts';
import { capturedAddresses } from './captured-addresses.ts';

const network = documentedCluster('corrected');
const { services, vip, nodes, pools, apiServiceAddress } = network;
const balanced = (ip: string) => ({ status: { loadBalancer: { ingress: [{ ip }] } } });

describe('a Service of a tenant captures', () => {
  it.each([
    ["the dashboard's address", { spec: { externalIPs: [services.canine.address] } }, [`externalIPs ${services.canine.address}`]],
    ['the virtual IP', { spec: { externalIPs: [vip.address] } }, [`externalIPs ${vip.address}`]],
    ['a node', { spec: { externalIPs: [nodes[0]!.address] } }, [`externalIPs ${nodes[0]!.address}`]],
    ["another tenant's load balancer", { spec: { externalIPs: [pools.tenant.first] } }, [`externalIPs ${pools.tenant.first}`]],
    ["the Kubernetes API's Service", { spec: { externalIPs: [apiServiceAddress] } }, [`externalIPs ${apiServiceAddress}`]],
    ['an address of the admin pool that it was given', balanced(pools.admin.last), [`load balancer address ${pools.admin.last}`]],
    [
      'one that it was given because it asked for it',
      { metadata: { annotations: { 'metallb.universe.tf/address-pool': 'admin-pool' } }, ...balanced(pools.admin.first) },
      [`load balancer address ${pools.admin.first}, asked for by metallb.universe.tf/address-pool admin-pool`],
    ],
    ['an address of no pool', balanced(vip.address), [`load balancer address ${vip.address}`]],
  ])('%s', (_, service, expected) => {
    expect(capturedAddresses(service, network)).toEqual(expected);
  });

  it.each([
    ['without an address', {}],
    ["with one of the tenants' pool", balanced(pools.tenant.last)],
    ['with an address elsewhere', { spec: { externalIPs: ['203.0.113.7'] } }],
    ['with a wish that nobody granted', { spec: { loadBalancerIP: pools.admin.first } }],
  ])('nothing, %s', (_, service) => {
    expect(capturedAddresses(service, network)).toEqual([]);
  });
});
