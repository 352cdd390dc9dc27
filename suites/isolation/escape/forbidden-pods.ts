import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { container } from '../tenant-objects.ts';

/** Something that a pod may ask for beyond a plain one. */
export interface Ask {
  readonly asks: string;
  readonly spec: object;
  /** The words by which Pod Security's baseline level refuses it (kubernetes.io, Pod Security Standards). */
  readonly words: string;
  /** Whether a pod that exists has it. */
  has(pod: V1Pod): boolean;
}

/** As little as tenant-limits allows, so that no quota refuses what the level should. */
const small = { cpu: '50m', memory: '64Mi' };
export const plainContainer = container('one', { requests: small, limits: small });

/** Waits for its gate, so that even where it is admitted nothing of it runs. */
export const gated = { schedulingGates: [{ name: 'conform.test/never' }] };

const plain = { containers: [plainContainer] };

/** The node's own namespaces and ports. */
export const ofTheNode: readonly Ask[] = [
  { asks: 'hostNetwork', spec: { ...plain, hostNetwork: true }, words: 'hostNetwork=true', has: ({ spec }) => spec?.hostNetwork === true },
  { asks: 'hostPID', spec: { ...plain, hostPID: true }, words: 'hostPID=true', has: ({ spec }) => spec?.hostPID === true },
  { asks: 'hostIPC', spec: { ...plain, hostIPC: true }, words: 'hostIPC=true', has: ({ spec }) => spec?.hostIPC === true },
  {
    asks: 'hostPort',
    spec: { containers: [{ ...plainContainer, ports: [{ containerPort: 8080, hostPort: 18_081 }] }] },
    words: 'hostPort',
    has: someContainer(({ ports = [] }) => ports.some(({ hostPort }) => hostPort !== undefined && hostPort !== 0)),
  },
];

/** Rights over the node's kernel and files. */
export const privileges: readonly Ask[] = [
  {
    asks: 'privileged',
    spec: withSecurity({ privileged: true }),
    words: 'privileged',
    has: someContainer(({ securityContext }) => securityContext?.privileged === true),
  },
  {
    asks: 'the host path /',
    spec: {
      containers: [{ ...plainContainer, volumeMounts: [{ name: 'host', mountPath: '/host' }] }],
      volumes: [{ name: 'host', hostPath: { path: '/' } }],
    },
    words: 'hostPath',
    has: ({ spec }) => (spec?.volumes ?? []).some(({ hostPath }) => hostPath !== undefined),
  },
  ...['SYS_ADMIN', 'NET_ADMIN'].map((capability): Ask => ({
    asks: `the capability ${capability}`,
    spec: withSecurity({ capabilities: { add: [capability] } }),
    words: capability,
    has: someContainer(({ securityContext }) => securityContext?.capabilities?.add?.includes(capability) === true),
  })),
  {
    asks: 'an unmasked /proc',
    spec: withSecurity({ procMount: 'Unmasked' }),
    words: 'procMount',
    has: someContainer(({ securityContext }) => securityContext?.procMount === 'Unmasked'),
  },
  {
    asks: 'no seccomp profile',
    spec: withSecurity({ seccompProfile: { type: 'Unconfined' } }),
    words: 'seccompProfile',
    has: someContainer(({ securityContext }) => securityContext?.seccompProfile?.type === 'Unconfined'),
  },
];

function withSecurity(securityContext: object): object {
  return { containers: [{ ...plainContainer, securityContext }] };
}

/** Containers of every kind, those that run before the others included. */
function someContainer(is: (container: Pick<V1Container, 'ports' | 'securityContext'>) => boolean): Ask['has'] {
  return ({ spec }) => [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])].some(is);
}
