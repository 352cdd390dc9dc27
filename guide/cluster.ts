import { z } from 'zod';

const ipv4 = z.ipv4();
const cidr = z.cidrv4();

const node = z.object({
  name: z.string(),
  address: ipv4,
  role: z.enum(['control-plane', 'worker']),
});

const clusterSchema = z.object({
  name: z.string(),
  /** `unused`: an address that nobody has (guide: Network Reference lists all that are taken). */
  lan: z.object({ cidr, gateway: ipv4, unused: ipv4 }),
  vip: z.object({ address: ipv4, hostname: z.string() }),
  nodes: z.array(node),
  podCidr: cidr,
  serviceCidr: cidr,
  /** First address of the service network: the API server's own Service. */
  apiServiceAddress: ipv4,
  dnsServiceAddress: ipv4,
  pools: z.object({
    admin: z.object({ first: ipv4, last: ipv4 }),
    tenant: z.object({ first: ipv4, last: ipv4 }),
  }),
  services: z.object({
    longhorn: z.object({ address: ipv4 }),
    canine: z.object({ address: ipv4, hostname: z.string() }),
    opencost: z.object({ address: ipv4, hostname: z.string() }),
  }),
  /** The entrance of the tenants' apps, where the ingress controller is installed (OPT-2). */
  ingress: z.object({ address: ipv4, domain: z.string() }),
  storage: z.object({
    /** Size of each worker's second disk, /dev/sdb. */
    diskBytes: z.int().positive(),
    /** Where that disk is mounted, and where Longhorn keeps its replicas; the same disk in both profiles. */
    diskMount: z.string(),
    dataPath: z.string(),
    /** Whether the replicas of a worker that is lost for good are made anew, or wait for a further worker (E28). */
    lostWorker: z.enum(['replaced', 'awaited']),
  }),
  /** Whose operations Canine is asked for: those of the guide's Step 7, or those that it really has (E37). */
  canineApi: z.enum(['guide', 'upstream']),
  /** Tenants of the guide's own test, and the namespaces that its policies protect. */
  tenants: z.object({ alice: z.string(), bob: z.string() }),
  /** What tenant-role lets a tenant's account do in its own namespace: every verb on every resource. */
  tenantRole: z.object({ verbs: z.array(z.string()), resources: z.array(z.object({ apiVersion: z.string(), resource: z.string() })) }),
  platformNamespaces: z.array(z.string()),
  /** Endpoint of each registry's mirror. */
  registryMirrors: z.record(z.string(), z.url()),
  adminSources: z.object({ workstation: cidr, vpn: cidr, ci: cidr }),
  /** Talos's system extensions (guide: Cluster Specifications, Step 1; E12 names those that Longhorn needs besides). */
  extensions: z.object({ everywhere: z.array(z.string()), forLonghorn: z.array(z.string()) }),
  versions: z.object({ kubernetes: z.string(), talos: z.string(), calico: z.string(), metallb: z.string(), longhorn: z.string() }),
});

export type DocumentedCluster = z.infer<typeof clusterSchema>;
export type DocumentedNode = DocumentedCluster['nodes'][number];

/** `as-written` follows the guide's steps, defects included; `corrected` makes the smallest correction for each erratum. */
export const profiles = ['as-written', 'corrected'] as const;
export type Profile = (typeof profiles)[number];

const nodesAsWritten: DocumentedNode[] = [
  { name: 'cp01', address: '192.168.29.11', role: 'control-plane' },
  { name: 'cp02', address: '192.168.29.12', role: 'control-plane' },
  { name: 'w01', address: '192.168.29.21', role: 'worker' },
  { name: 'w02', address: '192.168.29.22', role: 'worker' },
  { name: 'w03', address: '192.168.29.23', role: 'worker' },
];

/** Erratum E01: two etcd members cannot survive the loss of one, so the corrected cluster has a third. */
const thirdControlPlane: DocumentedNode = { name: 'cp03', address: '192.168.29.13', role: 'control-plane' };

/**
 * Guide: Hardware Requirements, Step 6, Install Longhorn. Corrected: 300 GB, of which Longhorn may use some 195 GiB, hold the
 * documented volumes and two tenants' quotas (E27, E70); one path for disk, mount and replicas (E67); three workers are not four (E28).
 */
const storage: Record<Profile, DocumentedCluster['storage']> = {
  'as-written': { diskBytes: 100e9, diskMount: '/var/mnt/longhorn', dataPath: '/var/lib/longhorn', lostWorker: 'replaced' },
  corrected: { diskBytes: 300e9, diskMount: '/var/mnt/longhorn', dataPath: '/var/mnt/longhorn', lostWorker: 'awaited' },
};

/** Guide: Step 6, Tenant Namespace Isolation Template, RBAC. Corrected: no secrets, by which an account takes another's token (E44). */
function tenantRole(profile: Profile): DocumentedCluster['tenantRole'] {
  const core = [
    'pods',
    'services',
    'configmaps',
    ...(profile === 'as-written' ? ['secrets'] : []),
    'persistentvolumeclaims',
    'pods/log',
    'pods/exec',
  ];
  const of = (apiVersion: string, resources: readonly string[]): DocumentedCluster['tenantRole']['resources'] =>
    resources.map((resource) => ({ apiVersion, resource }));
  return {
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
    resources: [
      ...of('v1', core),
      ...of('apps/v1', ['deployments', 'replicasets', 'statefulsets']),
      ...of('batch/v1', ['jobs', 'cronjobs']),
    ],
  };
}

/**
 * The cluster as the guide's sections "Cluster Specifications", "Cluster Topology", "Prerequisites" and
 * "Admin Source IPs" document it.
 */
export function documentedCluster(profile: Profile): DocumentedCluster {
  return clusterSchema.parse({
    name: 'talos29',
    lan: { cidr: '192.168.29.0/24', gateway: '192.168.29.1', unused: '192.168.29.99' },
    vip: { address: '192.168.29.10', hostname: '29.talos.vaheed.net' },
    nodes: profile === 'corrected' ? [...nodesAsWritten, thirdControlPlane] : nodesAsWritten,
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/12',
    apiServiceAddress: '10.96.0.1',
    dnsServiceAddress: '10.96.0.10',
    pools: {
      admin: { first: '192.168.29.100', last: '192.168.29.109' },
      tenant: { first: '192.168.29.110', last: '192.168.29.199' },
    },
    services: {
      longhorn: { address: '192.168.29.100' },
      canine: { address: '192.168.29.101', hostname: 'canine.29.talos.vaheed.net' },
      opencost: { address: '192.168.29.102', hostname: 'opencost.29.talos.vaheed.net' },
    },
    ingress: { address: '192.168.29.110', domain: 'apps.29.talos.vaheed.net' },
    storage: storage[profile],
    canineApi: profile === 'as-written' ? 'guide' : 'upstream',
    tenants: { alice: 'canine-alice', bob: 'canine-bob' },
    tenantRole: tenantRole(profile),
    platformNamespaces: ['canine', 'opencost', 'longhorn-system', 'prometheus-system'],
    registryMirrors: {
      'docker.io': 'https://registry.vaheed.net:2053',
      'gcr.io': 'https://registry.vaheed.net:2083',
      'ghcr.io': 'https://registry.vaheed.net:2087',
      'quay.io': 'https://registry.vaheed.net:8443',
      'registry.k8s.io': 'https://registry.vaheed.net:2096',
    },
    adminSources: { workstation: '192.168.1.10/32', vpn: '10.10.0.0/24', ci: '192.168.1.20/32' },
    extensions: { everywhere: ['iscsi-tools', 'vmtoolsd-guest-agent'], forLonghorn: ['util-linux-tools'] },
    versions: { kubernetes: 'v1.30.8', talos: 'v1.11.6', calico: 'v3.30.5', metallb: 'v0.14.9', longhorn: 'v1.10.1' },
  });
}
