import { expect, it } from 'vitest';
import type { Cluster } from './cluster.ts';
import { exposition } from './metrics.ts';
import { parsePrices } from './pricing.ts';
import { quantity } from './quantity.ts';
import { recorded } from './test/recorded-load.ts';

const cluster: Cluster = {
  version: '1.30',
  namespaces: [{ metadata: { name: 'a', labels: { 'kubernetes.io/metadata.name': 'a' } } }],
  nodes: [
    {
      metadata: { name: 'w01', labels: { 'kubernetes.io/arch': 'amd64' } },
      spec: {},
      status: { capacity: { cpu: '2', memory: '4Gi', pods: '110' }, allocatable: { cpu: '2', memory: '3Gi' } },
    },
  ],
  pods: [
    {
      metadata: {
        name: 'web-1',
        namespace: 'a',
        uid: 'u1',
        labels: { app: 'web' },
        ownerReferences: [{ kind: 'ReplicaSet', name: 'web', controller: true }],
      },
      spec: {
        nodeName: 'w01',
        containers: [{ name: 'c', resources: { requests: { cpu: '500m', memory: '256Mi' } } }],
        volumes: [{ persistentVolumeClaim: { claimName: 'data' } }],
      },
      status: { phase: 'Running', containerStatuses: [{ name: 'c', state: { running: {} } }] },
    },
  ],
  services: [
    {
      metadata: { name: 'web', namespace: 'a' },
      spec: { type: 'LoadBalancer', selector: { app: 'web' } },
      status: { loadBalancer: { ingress: [{ ip: '192.168.29.102' }] } },
    },
  ],
  volumes: [
    { metadata: { name: 'pvc-1' }, spec: { capacity: { storage: '10Gi' }, storageClassName: 'longhorn', csi: { volumeHandle: 'pvc-1' } } },
  ],
  claims: [
    {
      metadata: { name: 'data', namespace: 'a' },
      spec: { volumeName: 'pvc-1', storageClassName: 'longhorn', resources: { requests: { storage: '10Gi' } } },
    },
  ],
  deployments: [{ metadata: { name: 'web', namespace: 'a' }, spec: { selector: { matchLabels: { app: 'web' } } } }],
  statefulSets: [],
};

const usage = { cores: new Map([['a/web-1/c', 0.7]]), bytes: new Map([['a/web-1/c', 1024]]) };
const text = (prices: string): string => exposition({ cluster, usage, prices: parsePrices(prices), clusterId: 'talos29', startedAt: 1000 });

/** Label names of each family's first gauge, without those of Kubernetes labels. */
function shapes(metrics: string): ReadonlyMap<string, string> {
  const gauges = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    gauges.toReversed().map((line) => {
      const labels = [...line.matchAll(/(\w+)="/g)].map(([, name]) => name ?? '').filter((name) => !name.startsWith('label_'));
      return [/^\w+/.exec(line)?.[0] ?? '', labels.join()];
    }),
  );
}

it('has the families and labels that were recorded', () => {
  const [own, wanted] = [shapes(text('{}')), shapes(recorded('metrics.txt'))];
  expect(wanted.size).toBeGreaterThan(20);
  expect([...wanted].map(([family]) => [family, own.get(family)])).toEqual([...wanted]);
});

it('emits prices, the greater of request and use, and claims', () => {
  const lines = text('{"CPU":"0.03","RAM":"0.004","storage":"0.00005"}').split('\n');
  expect(lines).toContain('node_cpu_hourly_cost{arch="amd64",instance="w01",instance_type="",node="w01",provider_id="",region=""} 0.03');
  expect(lines).toContain('container_cpu_allocation{container="c",instance="w01",namespace="a",node="w01",pod="web-1"} 0.7');
  expect(lines).toContain('container_memory_allocation_bytes{container="c",instance="w01",namespace="a",node="w01",pod="web-1"} 268435456');
  expect(lines).toContain('pv_hourly_cost{persistentvolume="pvc-1",provider_id="",volumename="pvc-1"} 0.00005');
  expect(lines).toContain(
    'pod_pvc_allocation{namespace="a",persistentvolume="pvc-1",persistentvolumeclaim="data",pod="web-1"} 10737418240',
  );
});

it('emits load balancers only where the price list names a price', () => {
  expect(text('{}')).not.toContain('kubecost_load_balancer_cost{');
  expect(text('{"firstFiveForwardingRulesCost":"0.025"}')).toContain(
    'kubecost_load_balancer_cost{ingress_ip="192.168.29.102",namespace="a",service_name="web"} 0.025',
  );
});

it('takes default prices for those that the list leaves out', () => {
  expect(parsePrices('{}')).toMatchObject({ cpu: 0.031611, ram: 0.004237, storage: 0.00005479452 });
});

it.each([
  ['100m', 0.1],
  ['2', 2],
  ['256Mi', 268_435_456],
  ['1e3', 1000],
  ['1k', 1000],
  [undefined, 0],
])('reads the quantity %s', (given, number) => {
  expect(quantity(given)).toBeCloseTo(number, 12);
});
