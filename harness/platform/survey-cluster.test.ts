import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectKubernetes } from './kubernetes/kubernetes.ts';
import { nodeOf, surveyCluster, workloadOf } from './survey-cluster.ts';

describe('a node', () => {
  it('is told with its role, address, kubelet and state', () => {
    expect(
      nodeOf({
        metadata: { name: 'cp01', labels: { 'node-role.kubernetes.io/control-plane': '' } },
        status: {
          addresses: [
            { type: 'Hostname', address: 'cp01' },
            { type: 'InternalIP', address: '192.168.29.11' },
          ],
          nodeInfo: { kubeletVersion: 'v1.30.8' },
          conditions: [{ type: 'Ready', status: 'True' }],
        },
      }),
    ).toEqual({ name: 'cp01', address: '192.168.29.11', role: 'control-plane', kubelet: 'v1.30.8', notReady: '' });
  });

  it('that is not Ready tells its reason', () => {
    const conditions = [{ type: 'Ready', status: 'Unknown', message: 'Kubelet stopped posting node status.' }];
    expect(nodeOf({ status: { conditions } }).notReady).toBe('Ready is Unknown: Kubelet stopped posting node status.');
  });
});

it.each([
  ['Deployment', { spec: { replicas: 2 }, status: { availableReplicas: 1 } }, [2, 1]],
  ['Deployment', { spec: {}, status: {} }, [1, 0]],
  ['Deployment', { spec: { replicas: 0 } }, [0, 0]],
  ['DaemonSet', { status: { desiredNumberScheduled: 6, numberAvailable: 5 } }, [6, 5]],
  ['StatefulSet', { spec: { replicas: 3 }, status: { availableReplicas: 3 } }, [3, 3]],
] as const)('of a %s its wanted and available pods are told (%#)', (kind, object, counts) => {
  const { wanted, available } = workloadOf(kind, object);
  expect([wanted, available]).toEqual(counts);
});

it('a cluster that does not answer is unknown in everything, with the reason', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'conform-survey-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(
    kubeconfig,
    `apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: nobody, user: {}}]
contexts: [{name: none, context: {cluster: none, user: nobody}}]
current-context: none
`,
  );
  const survey = await surveyCluster(connectKubernetes(kubeconfig), [{ name: 'cp01', address: '127.0.0.1' }], new AbortController().signal);
  await rm(folder, { recursive: true });
  const unknown = { kind: 'unknown', reason: expect.stringContaining('ECONNREFUSED') };
  expect(survey).toMatchObject({
    kubernetesVersion: unknown,
    nodes: unknown,
    unavailable: unknown,
    metrics: unknown,
    versions: unknown,
    apiServers: [{ name: 'cp01', address: '127.0.0.1', answer: unknown }],
  });
});
