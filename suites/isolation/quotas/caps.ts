import type { KubernetesObject } from '@kubernetes/client-node';
import type { Requirement } from '../../../harness/engine/requirement.ts';
import { requirements } from '../requirements.ts';
import { type Resources, claim, configMap, gatedPod, secret, service } from '../tenant-objects.ts';
import type { QuotaResource } from './promised-numbers.ts';

type OneMore = (namespace: string, name: string) => KubernetesObject;

/** One number of the quota: the objects that fill it exactly, and those that are one step too much. */
export interface Cap {
  readonly requirement: Requirement;
  /** As the quota names it; a refusal must name it as well. */
  readonly resource: QuotaResource;
  /** The objects that fill it, given the amount that is in use before. */
  readonly fill: (namespace: string, used: number) => readonly KubernetesObject[];
  /** Each is one step too much; the first is admitted when there is room again. */
  readonly beyond: readonly [OneMore, ...OneMore[]];
}

const small = { cpu: '50m', memory: '64Mi' };

/** A pod of the smallest containers that the LimitRange admits, which waits for its gate. */
export const smallPod: OneMore = (namespace, name) => gatedPod(namespace, name, { requests: small, limits: small });

const pods = (count: number, resources: Resources) => (namespace: string) =>
  Array.from({ length: count }, (_, index) => gatedPod(namespace, `conform-fill-${index}`, resources));
/** Claims of a class that provisions nothing: they stay pending, and count. */
const claims = (sizes: readonly string[]) => (namespace: string) =>
  sizes.map((size, index) => claim(namespace, `conform-fill-${index}`, { size, storageClass: 'conform-none' }));
const smallClaim: OneMore = (namespace, name) => claim(namespace, name, { size: '1Gi', storageClass: 'conform-none' });
const nodePort: OneMore = (namespace, name) => ({ ...service(namespace, name), spec: { type: 'NodePort', ports: [{ port: 80 }] } });
const upTo = (count: number, make: OneMore) => (namespace: string, used: number) =>
  Array.from({ length: count - used }, (_, index) => make(namespace, `conform-fill-${index}`));

/** Guide, Step 6, ResourceQuota: tenant-quota. */
export const caps: readonly Cap[] = [
  {
    requirement: requirements['ISO-QUOTA-CPU-REQUESTS'],
    resource: 'requests.cpu',
    fill: pods(4, { requests: { cpu: '500m', memory: '64Mi' }, limits: { cpu: '500m', memory: '64Mi' } }),
    beyond: [smallPod],
  },
  {
    requirement: requirements['ISO-QUOTA-MEMORY-REQUESTS'],
    resource: 'requests.memory',
    fill: pods(4, { requests: { cpu: '50m', memory: '1Gi' }, limits: { cpu: '50m', memory: '1Gi' } }),
    beyond: [smallPod],
  },
  {
    requirement: requirements['ISO-QUOTA-CPU-LIMITS'],
    resource: 'limits.cpu',
    fill: pods(2, { requests: small, limits: { cpu: '2', memory: '64Mi' } }),
    beyond: [smallPod],
  },
  {
    requirement: requirements['ISO-QUOTA-MEMORY-LIMITS'],
    resource: 'limits.memory',
    fill: pods(2, { requests: small, limits: { cpu: '50m', memory: '4Gi' } }),
    beyond: [smallPod],
  },
  {
    requirement: requirements['ISO-QUOTA-PVC-COUNT'],
    resource: 'persistentvolumeclaims',
    fill: claims(Array.from({ length: 10 }, () => '1Gi')),
    beyond: [smallClaim],
  },
  {
    requirement: requirements['ISO-QUOTA-STORAGE'],
    resource: 'requests.storage',
    fill: claims(['20Gi', '20Gi', '10Gi']),
    beyond: [smallClaim],
  },
  { requirement: requirements['ISO-QUOTA-SECRETS'], resource: 'count/secrets', fill: upTo(30, secret), beyond: [secret] },
  { requirement: requirements['ISO-QUOTA-CONFIGMAPS'], resource: 'count/configmaps', fill: upTo(30, configMap), beyond: [configMap] },
  {
    requirement: requirements['ISO-QUOTA-SERVICES'],
    resource: 'count/services',
    fill: (namespace, used) => [...upTo(19, service)(namespace, used), nodePort(namespace, 'conform-fill-node-port')],
    beyond: [service, nodePort],
  },
];
