import type { KubernetesObject } from '@kubernetes/client-node';

/** The image that the guide's registries mirror, and that every node has by then. */
const image = 'registry.k8s.io/e2e-test-images/agnhost:2.47';

interface Amounts {
  readonly cpu: string;
  readonly memory: string;
}

export interface Resources {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
}

type Manifest = KubernetesObject & { readonly spec?: unknown };

/** A pod that waits for its gate, so that it counts and costs nothing (Kubernetes: Pod Scheduling Readiness). */
export function gatedPod(namespace: string, name: string, resources?: Resources): Manifest {
  return podWith(namespace, name, { schedulingGates: [{ name: 'conform.test/counted-only' }], containers: [container('one', resources)] });
}

export function container(name: string, resources?: Resources): object {
  return { name, image, args: ['pause'], ...(resources === undefined ? {} : { resources }) };
}

export function podWith(namespace: string, name: string, spec: object): Manifest {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: { terminationGracePeriodSeconds: 0, ...spec } };
}

export function claim(namespace: string, name: string, { size, storageClass }: { size: string; storageClass: string }): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: storageClass, resources: { requests: { storage: size } } },
  };
}

export function secret(namespace: string, name: string): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } };
}

export function configMap(namespace: string, name: string): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
}

export function service(namespace: string, name: string): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports: [{ port: 80 }] } };
}

export function deployment(namespace: string, name: string, { replicas, pod }: { replicas: number; pod: object }): Manifest {
  const labels = { 'conform-deployment': name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, ...pod } },
    },
  };
}

/** A DaemonSet of the tenant. */
export function daemonSet(namespace: string, name: string, pod: object): Manifest {
  const labels = { 'conform-set': name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
  };
}
