import type { OptionName } from '../../options.ts';
import { upstreams } from '../components/catalogue.ts';

/** Where a file of an image comes from. */
export type Source =
  /** A program of the component catalogue. */
  | { readonly kind: 'binary'; readonly name: string }
  /** A file or folder of an upstream's module. */
  | { readonly kind: 'upstream'; readonly upstream: string; readonly path: string }
  /** A file of the nodes' Debian tree. */
  | { readonly kind: 'rootfs'; readonly path: string }
  /** A file beside this one. */
  | { readonly kind: 'own'; readonly path: string }
  /** The Node that runs this product. */
  | { readonly kind: 'node' }
  /** The folder with the stand-ins' programs. */
  | { readonly kind: 'stand-ins' };

export interface ImageFile {
  readonly to: string;
  readonly from: Source;
  /** Only where the source's own mode is not upstream's: Go module archives keep no execute bits. */
  readonly mode?: number;
}

/** A container image that the lab makes itself, under the official name, so that upstream's manifests work as they are. */
export interface Image {
  /** Full references, registry first, as containerd keeps them. */
  readonly references: readonly string[];
  readonly files: readonly ImageFile[];
  readonly folders?: readonly { readonly path: string; readonly mode: number }[];
  readonly links?: readonly { readonly path: string; readonly target: string }[];
  /** On top of the shared layer with a shell and network tools. */
  readonly tools: boolean;
  /** Each a layer of its own, the same in every image that names it. */
  readonly sharedLayers?: readonly ImageFile[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const writable = 0o1777;
const folder = 0o755;

function release(upstream: string): string {
  const found = upstreams.find(({ name }) => name === upstream);
  if (found === undefined) throw new Error(`${upstream} is not in the component catalogue`);
  return found.release;
}

function program(to: string, name: string): ImageFile {
  return { to, from: { kind: 'binary', name }, mode: 0o755 };
}

/** An image with one program and nothing else. */
function single(reference: string, name: string, to: string): Image {
  return { references: [reference], files: [program(to, name)], tools: false, entrypoint: [to] };
}

function describe(text: string): Readonly<Record<string, string>> {
  return { 'org.opencontainers.image.description': text };
}

const kubernetes = release('kubernetes');
const calico = release('calico');
const metallb = release('metallb');
const longhornManager = release('longhorn-manager');
/** Upstream has no such tag: it says what the program is made of (components/catalogue.ts), in every report. */
const opencostTag = `${release('opencost').slice(1)}-core-20240829`;

const calicoFile = (path: string): Source => ({ kind: 'upstream', upstream: 'calico', path: `node/filesystem/${path}` });
const calicoNodeFiles = (path: string, mode?: number): ImageFile => ({
  to: path.replace(/^\/sbin/, '/usr/sbin'),
  from: calicoFile(path.slice(1)),
  ...(mode === undefined ? {} : { mode }),
});
/** The reference plugins that calico/cni brings along. */
export const cniPlugins = ['bandwidth', 'host-local', 'loopback', 'portmap', 'tuning'];

export const images: readonly Image[] = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) =>
    single(`registry.k8s.io/${name}:${kubernetes}`, name, `/usr/local/bin/${name}`),
  ),
  { ...single(`registry.k8s.io/kube-proxy:${kubernetes}`, 'kube-proxy', '/usr/local/bin/kube-proxy'), tools: true },
  {
    references: ['registry.k8s.io/pause:3.10'],
    files: [
      { to: '/pause', from: { kind: 'own', path: 'pause.sh' }, mode: 0o755 },
      { to: '/bin/sh', from: { kind: 'rootfs', path: 'usr/bin/busybox' }, mode: 0o755 },
    ],
    tools: false,
    entrypoint: ['/pause'],
    user: '65535:65535',
    labels: describe('equivalent of registry.k8s.io/pause: a busybox shell that reaps and waits'),
  },
  single(`registry.k8s.io/coredns/coredns:${release('coredns')}`, 'coredns', '/coredns'),
  {
    references: [`docker.io/calico/node:${calico}`],
    files: [
      program('/usr/bin/calico-node', 'calico-node'),
      program('/usr/bin/mountns', 'calico-mountns'),
      calicoNodeFiles('/etc/rc.local', 0o755),
      calicoNodeFiles('/etc/calico/felix.cfg'),
      calicoNodeFiles('/etc/service/available'),
      calicoNodeFiles('/sbin/start_runit', 0o755),
    ],
    folders: [{ path: '/etc/calico/confd/config', mode: folder }],
    tools: true,
    command: ['start_runit'],
  },
  {
    references: [`docker.io/calico/cni:${calico}`],
    files: [
      program('/opt/cni/bin/calico', 'calico-cni'),
      program('/opt/cni/bin/install', 'calico-cni-install'),
      ...cniPlugins.map((name): ImageFile => ({ to: `/opt/cni/bin/${name}`, from: { kind: 'rootfs', path: `usr/lib/cni/${name}` } })),
    ],
    links: [{ path: '/opt/cni/bin/calico-ipam', target: 'calico' }],
    tools: true,
    entrypoint: ['/opt/cni/bin/install'],
  },
  {
    references: [`docker.io/calico/kube-controllers:${calico}`],
    files: [program('/usr/bin/kube-controllers', 'calico-kube-controllers'), program('/usr/bin/check-status', 'calico-check-status')],
    folders: ['/tmp', '/status', '/profiles'].map((path) => ({ path, mode: writable })),
    tools: false,
    entrypoint: ['/usr/bin/kube-controllers'],
    user: '999',
  },
  {
    references: [`docker.io/calico/apiserver:${calico}`],
    files: [program('/code/apiserver', 'calico-apiserver')],
    folders: [
      { path: '/tmp', mode: writable },
      { path: '/code/apiserver.local.config/certificates', mode: folder },
    ],
    tools: false,
    entrypoint: ['/code/apiserver'],
    workingDirectory: '/code',
  },
  single(`quay.io/metallb/controller:${metallb}`, 'metallb-controller', '/controller'),
  single(`quay.io/metallb/speaker:${metallb}`, 'metallb-speaker', '/speaker'),
  {
    ...single(`registry.k8s.io/metrics-server/metrics-server:${release('metrics-server')}`, 'metrics-server', '/metrics-server'),
    folders: [{ path: '/tmp', mode: writable }],
    user: '65534',
  },
  {
    ...single(
      `registry.k8s.io/kube-state-metrics/kube-state-metrics:${release('kube-state-metrics')}`,
      'kube-state-metrics',
      '/kube-state-metrics',
    ),
    entrypoint: ['/kube-state-metrics', '--port=8080', '--telemetry-port=8081'],
    user: '65534',
  },
  {
    references: [`quay.io/prometheus/prometheus:${release('prometheus')}`],
    files: [program('/usr/bin/prometheus', 'prometheus')],
    folders: [
      { path: '/prometheus', mode: writable },
      { path: '/etc/prometheus', mode: folder },
    ],
    tools: true,
    entrypoint: ['/bin/prometheus'],
    command: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/prometheus'],
    user: '65534',
    workingDirectory: '/prometheus',
  },
  {
    ...single(`quay.io/prometheus/node-exporter:${release('node-exporter')}`, 'node-exporter', '/bin/node_exporter'),
    user: '65534',
  },
  {
    references: [`ghcr.io/opencost/opencost:${opencostTag}`],
    files: [
      program('/go/bin/app', 'opencost'),
      { to: '/models/default.json', from: { kind: 'upstream', upstream: 'opencost', path: 'configs/default.json' } },
    ],
    // Upstream's is made on Alpine: the guide's trouble-shooting runs wget in it.
    tools: true,
    entrypoint: ['/go/bin/app'],
    user: '1001',
  },
  // Longhorn's own tags are those of one release; here each is that of the program in it.
  {
    references: [`docker.io/longhornio/longhorn-manager:${longhornManager}`],
    files: [
      program('/usr/local/sbin/longhorn-manager', 'longhorn-manager'),
      {
        to: '/usr/local/sbin/nsmounter',
        from: { kind: 'upstream', upstream: 'longhorn-manager', path: 'package/nsmounter' },
        mode: 0o755,
      },
    ],
    tools: true,
    command: ['longhorn-manager'],
  },
  {
    references: [`docker.io/longhornio/longhorn-engine:${release('longhorn-engine')}`],
    files: [program('/usr/local/bin/longhorn', 'longhorn-engine')],
    tools: true,
    command: ['longhorn'],
  },
  // Longhorn ships these programs as images of its own; the date in the tags is that of its release v1.10.1 (deploy/longhorn-images.txt).
  single('docker.io/longhornio/csi-attacher:v4.12.0', 'csi-attacher', '/csi-attacher'),
  single('docker.io/longhornio/csi-provisioner:v5.3.0-20251030', 'csi-provisioner', '/csi-provisioner'),
  single('docker.io/longhornio/csi-resizer:v1.14.0-20251030', 'csi-resizer', '/csi-resizer'),
  single('docker.io/longhornio/csi-snapshotter:v8.3.0', 'csi-snapshotter', '/csi-snapshotter'),
  {
    references: ['registry.k8s.io/e2e-test-images/agnhost:2.47'],
    files: [program('/agnhost', 'agnhost')],
    tools: true,
    entrypoint: ['/agnhost'],
    command: ['pause'],
  },
  {
    references: ['docker.io/library/busybox:latest', 'docker.io/library/busybox:1.36'],
    files: [],
    tools: true,
    command: ['sh'],
    labels: describe("equivalent of docker.io/library/busybox: Debian's busybox and network tools"),
  },
  {
    references: ['docker.io/library/nginx:latest'],
    files: [program('/agnhost', 'agnhost')],
    tools: true,
    command: ['/agnhost', 'netexec', '--http-port=80', '--udp-port=-1'],
    labels: describe("equivalent of docker.io/library/nginx for the guide's test pods: agnhost netexec, which answers 200 on port 80"),
  },
];

const nodeRuntime: ImageFile = { to: '/usr/local/bin/node', from: { kind: 'node' }, mode: 0o755 };
const standInPrograms: ImageFile = { to: '/app', from: { kind: 'stand-ins' } };

/**
 * The official name of a component that the lab has a stand-in for, with the program that stands in. `heapMiB` bounds a program that
 * keeps little, and of which every node has one.
 */
function standIn(reference: string, name: string, heapMiB?: number): Image {
  const bound = heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`];
  return {
    references: [reference],
    files: [],
    tools: true,
    sharedLayers: [nodeRuntime, standInPrograms],
    entrypoint: ['/usr/local/bin/node', ...bound, `/app/${name}.mjs`],
    labels: describe(`stand-in for ${reference}: provision/stand-ins, program ${name}`),
  };
}

/** Small programs of ours, under the official names of components that cannot run in the lab or are not published. */
export const standInImages: readonly Image[] = [
  standIn('ghcr.io/caninehq/canine:latest', 'canine-web'),
  standIn(`ghcr.io/opencost/opencost-ui:${release('opencost').slice(1)}`, 'opencost-ui'),
  {
    references: [`docker.io/longhornio/longhorn-instance-manager:${release('longhorn-instance-manager')}`],
    files: [
      program('/usr/local/bin/longhorn-instance-manager', 'longhorn-instance-manager'),
      program('/usr/local/bin/grpc_health_probe', 'grpc-health-probe'),
      {
        to: '/usr/local/bin/instance-manager',
        from: { kind: 'upstream', upstream: 'longhorn-instance-manager', path: 'package/instance-manager' },
        mode: 0o755,
      },
    ],
    links: ['tgtd', 'tgtadm'].map((name) => ({ path: `/usr/local/bin/${name}`, target: `/app/bin/${name}` })),
    tools: true,
    sharedLayers: [nodeRuntime, standInPrograms],
    labels: describe('the instance manager with stand-ins for tgtd and tgtadm: provision/stand-ins/iscsi'),
  },
  {
    references: [`docker.io/longhornio/longhorn-share-manager:${release('longhorn-share-manager')}`],
    files: [program('/longhorn-share-manager', 'longhorn-share-manager')],
    links: [{ path: '/usr/local/bin/ganesha.nfsd', target: '/app/bin/ganesha.nfsd' }],
    tools: true,
    sharedLayers: [standInPrograms],
    entrypoint: ['/longhorn-share-manager'],
    labels: describe('the share manager with a stand-in for ganesha.nfsd: provision/stand-ins/nfs'),
  },
  standIn('docker.io/longhornio/csi-node-driver-registrar:v2.15.0-20251030', 'csi-node-driver-registrar', 24),
  standIn('docker.io/longhornio/livenessprobe:v2.17.0-20251030', 'csi-liveness-probe', 24),
  standIn('docker.io/longhornio/longhorn-ui:v1.10.1', 'longhorn-ui'),
];

const certificates: ImageFile = {
  to: '/etc/ssl/certs/ca-certificates.crt',
  from: { kind: 'rootfs', path: 'etc/ssl/certs/ca-certificates.crt' },
};
const busybox = (to: string): ImageFile => ({ to, from: { kind: 'rootfs', path: 'usr/bin/busybox' }, mode: 0o755 });

/** Small images that no node has: those that a check has to pull. Each has a layer of its own, so that a pull moves content. */
export const imagesOfMirrors: readonly Image[] = [
  {
    references: ['docker.io/library/busybox:1.36.0'],
    files: [busybox('/bin/busybox')],
    tools: false,
    command: ['/bin/busybox', 'sh'],
    labels: describe("equivalent of docker.io/library/busybox: Debian's busybox"),
  },
  {
    references: ['gcr.io/distroless/static-debian12:nonroot'],
    files: [certificates],
    folders: [{ path: '/tmp', mode: writable }],
    tools: false,
    user: '65532',
    labels: describe('equivalent of gcr.io/distroless/static-debian12: certificates, and no program'),
  },
  {
    references: ['ghcr.io/stefanprodan/podinfo:6.5.0'],
    files: [busybox('/home/app/busybox')],
    folders: [{ path: '/srv', mode: folder }],
    tools: false,
    command: ['/home/app/busybox', 'httpd', '-f', '-p', '9898', '-h', '/srv'],
    labels: describe("equivalent of ghcr.io/stefanprodan/podinfo: busybox's web server on its port"),
  },
  {
    references: ['quay.io/prometheus/busybox:glibc'],
    files: [busybox('/usr/bin/busybox')],
    tools: false,
    command: ['/usr/bin/busybox', 'sh'],
    labels: describe("equivalent of quay.io/prometheus/busybox: Debian's busybox"),
  },
  {
    references: ['registry.k8s.io/pause:3.5'],
    files: [{ to: '/pause', from: { kind: 'own', path: 'pause.sh' }, mode: 0o755 }, busybox('/bin/sh')],
    folders: [{ path: '/tmp', mode: writable }],
    tools: false,
    entrypoint: ['/pause'],
    user: '65535:65535',
    labels: describe('equivalent of registry.k8s.io/pause: a busybox shell that reaps and waits'),
  },
];

const veleroImages: readonly Image[] = [
  {
    references: [`docker.io/velero/velero:${release('velero')}`],
    files: [program('/velero', 'velero')],
    tools: true,
    sharedLayers: [nodeRuntime, standInPrograms],
    entrypoint: ['/velero'],
    labels: describe('Velero, with Node for the stand-in of its plugin for AWS: provision/stand-ins/velero-aws'),
  },
  {
    references: [`docker.io/velero/velero-restore-helper:${release('velero')}`],
    files: [program('/velero-restore-helper', 'velero-restore-helper')],
    tools: false,
    entrypoint: ['/velero-restore-helper'],
  },
  {
    references: ['docker.io/velero/velero-plugin-for-aws:v1.9.0'],
    files: [],
    tools: true,
    sharedLayers: [standInPrograms],
    entrypoint: ['/bin/cp', '/app/bin/velero-plugin-for-aws', '/target/'],
    labels: describe('stand-in for velero-plugin-for-aws: provision/stand-ins/velero-aws; its program is in the image of Velero'),
  },
  {
    references: [`ghcr.io/versity/versitygw:${release('versitygw')}`],
    files: [program('/usr/local/bin/versitygw', 'versitygw')],
    tools: true,
    entrypoint: ['/usr/local/bin/versitygw'],
  },
];

/** The images of the guide's options, each made for a lab that has it. */
export const optionImages: readonly { readonly option: OptionName; readonly image: Image }[] = [
  ...['controller', 'webhook', 'cainjector', 'acmesolver'].map((name) => {
    const of = `cert-manager-${name}`;
    const image = single(`quay.io/jetstack/${of}:${release('cert-manager')}`, of, `/app/cmd/${name}/${name}`);
    return { option: 'opt-1' as const, image: { ...image, user: '1000' } };
  }),
  ...veleroImages.map((image) => ({ option: 'opt-3' as const, image })),
];
