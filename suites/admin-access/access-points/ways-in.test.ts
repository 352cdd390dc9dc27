import type { V1EndpointSlice, V1Ingress, V1Pod, V1Service } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { type Publishing, waysInTo } from './ways-in.ts';

const metadata = { namespace: 'opencost', name: 'opencost' };
const podWith = (...ports: { containerPort: number; hostPort?: number }[]): V1Pod => ({
  metadata,
  spec: { nodeName: 'w01', containers: [{ name: 'opencost', ports }] },
  status: { podIP: '10.244.1.5', hostIP: '192.0.2.21' },
});
const pod = podWith({ containerPort: 9003 }, { containerPort: 8081 });
const sliceOf = (address: string): V1EndpointSlice => ({
  metadata: { namespace: 'opencost', labels: { 'kubernetes.io/service-name': 'opencost' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [address] }],
  ports: [
    { name: 'http', port: 9003 },
    { name: 'mcp', port: 8081 },
  ],
});
interface ServiceParts {
  readonly type?: string;
  readonly externalIPs?: string[];
  readonly ports?: { name: string; port: number; nodePort?: number }[];
  readonly balancedAt?: string;
}
const bothPorts = [
  { name: 'http', port: 9003 },
  { name: 'mcp', port: 8081 },
];
const service = ({ type = 'ClusterIP', externalIPs = [], ports = bothPorts, balancedAt }: ServiceParts): V1Service => ({
  metadata,
  spec: { type, externalIPs, ports },
  status: balancedAt === undefined ? {} : { loadBalancer: { ingress: [{ ip: balancedAt }] } },
});
const ingress = (port: { number?: number; name?: string }): V1Ingress => ({
  metadata: { namespace: 'opencost', name: 'open' },
  spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'opencost', port } } }] } }] },
});
const publishing = (more: Partial<Publishing>): Publishing => ({
  services: [service({})],
  slices: [sliceOf('10.244.1.5')],
  ingresses: [],
  nodeAddresses: ['192.0.2.11', '192.0.2.21'],
  ...more,
});
const namesFor = (more: Partial<Publishing>, port?: number) => waysInTo([pod], publishing(more), port).map(({ name }) => name);

describe('ways from outside to pods', () => {
  it('are none by a Service of type ClusterIP', () => {
    expect(namesFor({})).toEqual([]);
  });

  it.each([
    ['a load balancer', service({ type: 'LoadBalancer', balancedAt: '192.0.2.102' })],
    ['external addresses', service({ externalIPs: ['192.0.2.102'] })],
  ])('are the addresses of %s', (_, each) => {
    expect(waysInTo([pod], publishing({ services: [each] }), 8081)).toEqual([
      { name: 'Service opencost/opencost port 8081', at: [{ host: '192.0.2.102', port: 8081 }] },
    ]);
  });

  it('are a node port at every node', () => {
    const each = service({ type: 'NodePort', ports: [{ name: 'mcp', port: 8081, nodePort: 30_081 }] });
    expect(waysInTo([pod], publishing({ services: [each] }))).toEqual([
      {
        name: 'Service opencost/opencost port 8081',
        at: [
          { host: '192.0.2.11', port: 30_081 },
          { host: '192.0.2.21', port: 30_081 },
        ],
      },
    ]);
  });

  it('are no ports of a Service that lead to another port of the pods', () => {
    const each = service({ type: 'NodePort', ports: [{ name: 'http', port: 9003, nodePort: 30_003 }] });
    expect(namesFor({ services: [each] }, 8081)).toEqual([]);
  });

  it('are a Service without endpoints of theirs in no case', () => {
    const each = service({ type: 'NodePort', ports: [{ name: 'mcp', port: 8081, nodePort: 30_081 }] });
    expect(namesFor({ services: [each], slices: [sliceOf('10.244.9.9')] })).toEqual([]);
  });

  it.each([
    ['by number', { number: 8081 }, ['Ingress opencost/open']],
    ['by name', { name: 'mcp' }, ['Ingress opencost/open']],
    ['to another port', { number: 9003 }, []],
  ])('are an Ingress that names their port %s', (_, port, expected) => {
    expect(namesFor({ ingresses: [ingress(port)] }, 8081)).toEqual(expected);
  });

  it('are host ports', () => {
    const onHost = podWith({ containerPort: 8081, hostPort: 81 });
    expect(waysInTo([onHost], publishing({}), 8081)).toEqual([
      { name: 'port 81 of w01, for a pod of opencost', at: [{ host: '192.0.2.21', port: 81 }] },
    ]);
  });
});
