import type { OptionName } from '../../options.ts';

/** A program that is built out of an upstream's Go module. */
export interface Binary {
  /** What the lab calls it; unique over all upstreams. */
  readonly name: string;
  /** The Go package with its main function. */
  readonly package: string;
  /** Where upstream's own build writes its version, as `-X` of the Go linker. */
  readonly stamps?: Readonly<Record<string, string>>;
}

/** One upstream project, pinned by `<name>/go.mod` and `<name>/go.sum` beside this file. */
export interface Upstream {
  readonly name: string;
  readonly module: { readonly path: string; readonly version: string };
  /** The version under which upstream speaks of this code. */
  readonly release: string;
  readonly binaries: readonly Binary[];
  readonly tags: readonly string[];
  /** The programs contain C: they are compiled in the compiler tree (provision/lab/rootfs) and linked statically, C library included. */
  readonly cgo?: true;
  /** Built only for a lab with this option of the guide. */
  readonly option?: OptionName;
  /** Files and folders of the module that the lab reads, relative to the module. */
  readonly files: readonly string[];
}

const kubernetesVersion = {
  gitVersion: 'v1.30.8',
  gitMajor: '1',
  gitMinor: '30',
  gitTreeState: 'clean',
  gitCommit: '354eac776046f4268e9989b21f8d1bba06033379',
};

const kubernetesStamps = Object.fromEntries(
  ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((package_) =>
    Object.entries(kubernetesVersion).map(([variable, value]) => [`${package_}.${variable}`, value]),
  ),
);

const calico = 'github.com/projectcalico/calico';
/** The newest release of which the Go module proxy serves a module; the guide's is v3.30.5. */
const calicoRelease = 'v3.28.5';

const longhornManager = 'github.com/longhorn/longhorn-manager';
/** The newest release of which the Go module proxy serves a module; the guide's is v1.10.1. */
const longhornRelease = 'v1.10.0';
const longhornEngine = 'github.com/longhorn/longhorn-engine';
const longhornInstanceManager = 'github.com/longhorn/longhorn-instance-manager';
const longhornShareManager = 'github.com/longhorn/longhorn-share-manager';
const grpcHealthProbe = 'github.com/grpc-ecosystem/grpc-health-probe';
const opencost = 'github.com/opencost/opencost';
const opencostRelease = 'v1.111.0';

const externalProvisioner = 'github.com/kubernetes-csi/external-provisioner/v5';
const distribution = 'github.com/distribution/distribution/v3';
const certManager = 'github.com/cert-manager/cert-manager';
/** The newest release whose programs are in a module that the Go module proxy serves. */
const certManagerRelease = 'v1.11.5';
const velero = 'github.com/vmware-tanzu/velero';
const veleroRelease = 'v1.14.0';
const pebble = 'github.com/letsencrypt/pebble/v2';

/** Everything that labs are built from, biggest first: two upstreams are built at a time, and the last one must not be a big one. */
export const upstreams: readonly Upstream[] = [
  {
    name: 'kubernetes',
    module: { path: 'k8s.io/kubernetes', version: 'v1.30.8' },
    release: 'v1.30.8',
    binaries: [
      ...['kube-apiserver', 'kubelet', 'kube-controller-manager', 'kubectl', 'kube-proxy', 'kube-scheduler'].map((name) => ({
        name,
        package: `k8s.io/kubernetes/cmd/${name}`,
        stamps: kubernetesStamps,
      })),
      { name: 'agnhost', package: 'k8s.io/kubernetes/test/images/agnhost', stamps: kubernetesStamps },
    ],
    tags: [],
    files: [],
  },
  {
    name: 'calico',
    module: { path: calico, version: 'v1.11.0-cni-plugin.0.20250813170300-a0db560f0520' },
    release: calicoRelease,
    binaries: [
      {
        name: 'calico-node',
        package: `${calico}/node/cmd/calico-node`,
        stamps: { [`${calico}/node/pkg/lifecycle/startup.VERSION`]: calicoRelease },
      },
      { name: 'calico-mountns', package: `${calico}/node/cmd/mountns` },
      { name: 'calico-cni', package: `${calico}/cni-plugin/cmd/calico`, stamps: { 'main.VERSION': calicoRelease } },
      { name: 'calico-cni-install', package: `${calico}/cni-plugin/cmd/install`, stamps: { 'main.VERSION': calicoRelease } },
      {
        name: 'calico-kube-controllers',
        package: `${calico}/kube-controllers/cmd/kube-controllers`,
        stamps: { 'main.VERSION': calicoRelease },
      },
      { name: 'calico-check-status', package: `${calico}/kube-controllers/cmd/check-status` },
      { name: 'calico-apiserver', package: `${calico}/apiserver/cmd/apiserver` },
      {
        name: 'calicoctl',
        package: `${calico}/calicoctl/calicoctl`,
        stamps: { [`${calico}/calicoctl/calicoctl/commands.VERSION`]: calicoRelease },
      },
    ],
    tags: [],
    files: ['manifests/calico-vxlan.yaml', 'manifests/crds.yaml', 'manifests/apiserver.yaml', 'node/filesystem'],
  },
  {
    name: 'longhorn-manager',
    module: { path: longhornManager, version: longhornRelease },
    release: longhornRelease,
    binaries: [{ name: 'longhorn-manager', package: longhornManager, stamps: { [`${longhornManager}/meta.Version`]: longhornRelease } }],
    tags: [],
    files: ['k8s/crds.yaml', 'package/nsmounter'],
  },
  {
    // No instance manager of 1.10 builds from what the proxy serves; this commit of December 2025 has the same API numbers (pkg/meta).
    name: 'longhorn-instance-manager',
    module: { path: longhornInstanceManager, version: 'v1.11.0-dev-20251130.0.20251209091223-c9c9640f1991' },
    release: 'v1.11.0-dev-20251209',
    binaries: [{ name: 'longhorn-instance-manager', package: longhornInstanceManager, stamps: { 'main.Version': 'v1.11.0-dev-20251209' } }],
    cgo: true,
    tags: ['netgo', 'osusergo'],
    files: ['package/instance-manager'],
  },
  {
    // The newest release of which the Go module proxy serves a module; the core library that belongs to it is refused. Hence the core of
    // 2024-08-29, nine weeks after this release and four before the next: the nearest that is served and has what the release calls.
    name: 'opencost',
    module: { path: opencost, version: opencostRelease },
    release: opencostRelease,
    binaries: [
      {
        name: 'opencost',
        package: `${opencost}/cmd/costmodel`,
        stamps: {
          [`${opencost}/core/pkg/version.Version`]: opencostRelease.slice(1),
          [`${opencost}/core/pkg/version.GitCommit`]: '69d8e473',
        },
      },
    ],
    tags: [],
    files: ['configs/default.json'],
  },
  {
    name: 'prometheus',
    module: { path: 'github.com/prometheus/prometheus', version: 'v0.316.0' },
    release: 'v3.16.0',
    binaries: [
      {
        name: 'prometheus',
        package: 'github.com/prometheus/prometheus/cmd/prometheus',
        stamps: { 'github.com/prometheus/common/version.Version': '3.16.0' },
      },
    ],
    tags: ['netgo', 'remove_all_sd', 'enable_kubernetes_sd', 'enable_dns_sd'],
    files: [],
  },
  {
    name: 'velero',
    module: { path: velero, version: veleroRelease },
    release: veleroRelease,
    option: 'opt-3',
    binaries: ['velero', 'velero-restore-helper'].map((name) => ({
      name,
      package: `${velero}/cmd/${name}`,
      stamps: { [`${velero}/pkg/buildinfo.Version`]: veleroRelease, [`${velero}/pkg/buildinfo.ImageRegistry`]: 'velero' },
    })),
    tags: [],
    files: ['config/crd/v1/bases', 'config/crd/v2alpha1/bases'],
  },
  {
    // An S3 server; MinIO's modules are refused by the Go module proxy.
    name: 'versitygw',
    module: { path: 'github.com/versity/versitygw', version: 'v1.0.10' },
    release: 'v1.0.10',
    option: 'opt-3',
    binaries: [{ name: 'versitygw', package: 'github.com/versity/versitygw/cmd/versitygw', stamps: { 'main.Version': 'v1.0.10' } }],
    tags: [],
    files: [],
  },
  {
    name: 'cert-manager',
    module: { path: certManager, version: certManagerRelease },
    release: certManagerRelease,
    option: 'opt-1',
    binaries: ['controller', 'webhook', 'cainjector', 'acmesolver'].map((name) => ({
      name: `cert-manager-${name}`,
      package: `${certManager}/cmd/${name}`,
      stamps: { [`${certManager}/pkg/util.AppVersion`]: certManagerRelease },
    })),
    tags: [],
    files: ['deploy/crds', 'deploy/charts/cert-manager/templates'],
  },
  {
    name: 'distribution',
    module: { path: distribution, version: 'v3.1.1' },
    release: 'v3.1.1',
    binaries: [{ name: 'registry', package: `${distribution}/cmd/registry`, stamps: { [`${distribution}/version.version`]: 'v3.1.1' } }],
    tags: [],
    files: [],
  },
  {
    name: 'coredns',
    module: { path: 'github.com/coredns/coredns', version: 'v1.13.1' },
    release: 'v1.13.1',
    binaries: [{ name: 'coredns', package: 'github.com/coredns/coredns' }],
    tags: [],
    files: [],
  },
  {
    name: 'metallb',
    module: { path: 'go.universe.tf/metallb', version: 'v0.14.9' },
    release: 'v0.14.9',
    binaries: [
      { name: 'metallb-controller', package: 'go.universe.tf/metallb/controller' },
      { name: 'metallb-speaker', package: 'go.universe.tf/metallb/speaker' },
    ],
    tags: [],
    files: ['config/manifests/metallb-native.yaml'],
  },
  {
    name: 'metrics-server',
    module: { path: 'sigs.k8s.io/metrics-server', version: 'v0.7.2' },
    release: 'v0.7.2',
    binaries: [{ name: 'metrics-server', package: 'sigs.k8s.io/metrics-server/cmd/metrics-server' }],
    tags: [],
    files: ['manifests/base'],
  },
  {
    // Four programs in one module, so that client-go is compiled once: that of the attacher, the newest of them.
    name: 'csi-sidecars',
    module: { path: externalProvisioner, version: 'v5.3.0' },
    release: 'v5.3.0',
    binaries: [
      // Longhorn v1.10.1 takes v4.10.0, which the proxy refuses.
      {
        name: 'csi-attacher',
        package: 'github.com/kubernetes-csi/external-attacher/v4/cmd/csi-attacher',
        stamps: { 'main.version': 'v4.12.0' },
      },
      { name: 'csi-provisioner', package: `${externalProvisioner}/cmd/csi-provisioner`, stamps: { 'main.version': 'v5.3.0' } },
      { name: 'csi-resizer', package: 'github.com/kubernetes-csi/external-resizer/cmd/csi-resizer', stamps: { 'main.version': 'v1.14.0' } },
      {
        name: 'csi-snapshotter',
        package: 'github.com/kubernetes-csi/external-snapshotter/v8/cmd/csi-snapshotter',
        stamps: { 'main.version': 'v8.3.0' },
      },
    ],
    tags: [],
    files: [],
  },
  {
    name: 'kube-state-metrics',
    module: { path: 'k8s.io/kube-state-metrics/v2', version: 'v2.13.0' },
    release: 'v2.13.0',
    binaries: [
      {
        name: 'kube-state-metrics',
        package: 'k8s.io/kube-state-metrics/v2',
        stamps: { 'github.com/prometheus/common/version.Version': 'v2.13.0' },
      },
    ],
    tags: [],
    files: [],
  },
  {
    // What the manager's own go.mod asks for.
    name: 'longhorn-engine',
    module: { path: longhornEngine, version: 'v1.10.0-rc3' },
    release: 'v1.10.0-rc3',
    binaries: [{ name: 'longhorn-engine', package: longhornEngine, stamps: { 'main.Version': 'v1.10.0-rc3' } }],
    cgo: true,
    tags: ['netgo', 'osusergo'],
    files: [],
  },
  {
    name: 'longhorn-share-manager',
    module: { path: longhornShareManager, version: 'v1.9.1' },
    release: 'v1.9.1',
    binaries: [{ name: 'longhorn-share-manager', package: longhornShareManager, stamps: { 'main.Version': 'v1.9.1' } }],
    tags: [],
    files: [],
  },
  {
    // The instance manager asks it whether an engine or a replica has started.
    name: 'grpc-health-probe',
    module: { path: grpcHealthProbe, version: 'v0.4.40' },
    release: 'v0.4.40',
    binaries: [{ name: 'grpc-health-probe', package: grpcHealthProbe }],
    tags: [],
    files: [],
  },
  {
    // The ACME server of Let's Encrypt's developers, for tests.
    name: 'pebble',
    module: { path: pebble, version: 'v2.8.0' },
    release: 'v2.8.0',
    option: 'opt-1',
    binaries: [{ name: 'pebble', package: `${pebble}/cmd/pebble` }],
    tags: [],
    files: [],
  },
  {
    name: 'etcd',
    module: { path: 'go.etcd.io/etcd/server/v3', version: 'v3.5.16' },
    release: 'v3.5.16',
    binaries: [
      { name: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
      { name: 'etcdctl', package: 'go.etcd.io/etcd/etcdctl/v3' },
    ],
    tags: [],
    files: [],
  },
  {
    name: 'node-exporter',
    module: { path: 'github.com/prometheus/node_exporter', version: 'v1.9.1' },
    release: 'v1.9.1',
    binaries: [
      {
        name: 'node-exporter',
        package: 'github.com/prometheus/node_exporter',
        stamps: { 'github.com/prometheus/common/version.Version': '1.9.1' },
      },
    ],
    tags: [],
    files: [],
  },
];

/** The Go build arguments of one program, without the output and the package. */
export function buildFlags(upstream: Upstream, binary: Binary): string[] {
  const stamps = Object.entries(binary.stamps ?? {}).map(([variable, value]) => `-X ${variable}=${value}`);
  const tags = upstream.tags.length === 0 ? [] : ['-tags', upstream.tags.join(',')];
  const linking = upstream.cgo ? ['-linkmode external -extldflags -static'] : [];
  return ['-trimpath', ...tags, '-ldflags', ['-s -w', ...linking, ...stamps].join(' ')];
}
