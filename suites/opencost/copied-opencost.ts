import type { V1Deployment, V1Pod, V1PodSpec, V1Service } from '@kubernetes/client-node';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { readyPods } from '../../harness/platform/kubernetes/kubernetes.ts';

/** The port of OpenCost's API. */
export const apiPort = 9003;

/** A second OpenCost, of the Deployment's own template, with a Service of its own: what becomes of it disturbs nobody. */
export interface CopiedOpenCost {
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  /** Of its Service. */
  readonly address: string;
}

/** Starts the copy and waits until it is Ready. */
export async function copyOpenCost({ cluster: { kubernetes }, changes, signal }: CheckContext): Promise<CopiedOpenCost> {
  const namespace = 'opencost';
  const deployment = await kubernetes.apps.readNamespacedDeployment({ namespace, name: 'opencost' });
  const name = `conform-opencost-${nonce()}`;
  const labels = { 'conform-copy': name };
  await changes.create<V1Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: apiAlone(deployment),
  });
  const service = await changes.create<V1Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: labels, ports: [{ port: apiPort, targetPort: apiPort }] },
  });
  const query = { namespace, selector: `conform-copy=${name}`, count: 1, timeoutMs: patience('podReady') };
  const [pod] = await readyPods(kubernetes, query, signal);
  return { namespace, pod: name, node: pod?.spec?.nodeName ?? '', address: service.spec?.clusterIP ?? '' };
}

/** The container of the API as the Deployment runs it, with a folder of its own where the original has its volume. */
export function apiAlone({ spec, metadata }: V1Deployment): V1PodSpec {
  const template = spec?.template.spec;
  const container = template?.containers.find(({ name }) => name === 'opencost');
  if (template === undefined || container === undefined)
    throw new Error(`Deployment ${metadata?.namespace}/${metadata?.name} has no container opencost`);
  return Object.assign({}, template, {
    containers: [container],
    terminationGracePeriodSeconds: 0,
    volumes: (template.volumes ?? []).map(({ name, persistentVolumeClaim, ...volume }) =>
      persistentVolumeClaim === undefined ? { name, ...volume } : { name, emptyDir: {} },
    ),
  });
}
