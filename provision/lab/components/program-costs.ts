import type { Upstream } from './catalogue.ts';
import type { Plan } from './progress.ts';
import type { ProgramCost } from './schedule.ts';

/**
 * What each program of the catalogue costs, in the order of the catalogue, in seconds of one processor of a quiet machine of normal
 * speed: one on which a first build of ten of these upstreams took some 880 s on two processors (1,046 s with Node, Debian trees,
 * images and a lab).
 *
 * The times are computed from sizes; `node bench/first-build.ts` prints measured ones in this form, and has not been run since. A compiler
 * takes as long as what it writes is large: over 119 packages of Go's library and of Kubernetes it took 0.06 s, and 0.56 s for each MB of
 * the archive, and the linker 0.14 s for each MB of the program (`go build -debug-actiongraph`, Go 1.26.8, 2026-12-01, on a machine 3.5
 * times as slow as the one above). The packages, the size of their archives and their imports are those of Go's own cache with everything
 * built (`go list -deps -export`). A package that two programs share counts at the first.
 */
export const programCosts: Readonly<Record<string, ProgramCost>> = {
  'kubernetes/kube-apiserver': { packages: 1915, compile: 347, chain: 33, link: 4.5 },
  'kubernetes/kubelet': { packages: 344, compile: 78, chain: 10, link: 4 },
  'kubernetes/kube-controller-manager': { packages: 166, compile: 42, chain: 4.3, link: 4.3 },
  'kubernetes/kubectl': { packages: 208, compile: 40, chain: 9.4, link: 2.1 },
  'kubernetes/kube-proxy': { packages: 23, compile: 3.6, chain: 2, link: 2.3 },
  'kubernetes/kube-scheduler': { packages: 6, compile: 2.5, chain: 2.3, link: 2.3 },
  'kubernetes/agnhost': { packages: 33, compile: 2, chain: 0.3, link: 1.7 },
  'calico/calico-node': { packages: 851, compile: 167, chain: 21, link: 3.3 },
  'calico/calico-mountns': { packages: 1, compile: 0, chain: 0, link: 0.1 },
  'calico/calico-cni': { packages: 36, compile: 2.7, chain: 1.3, link: 1.8 },
  'calico/calico-cni-install': { packages: 3, compile: 0.2, chain: 0.2, link: 1.5 },
  'calico/calico-kube-controllers': { packages: 90, compile: 12, chain: 2.2, link: 2 },
  'calico/calico-check-status': { packages: 1, compile: 0, chain: 0, link: 0.1 },
  'calico/calico-apiserver': { packages: 275, compile: 48, chain: 14, link: 2.7 },
  'calico/calicoctl': { packages: 34, compile: 4.6, chain: 1.5, link: 1.9 },
  'longhorn-manager/longhorn-manager': { packages: 940, compile: 223, chain: 26, link: 3 },
  'longhorn-instance-manager/longhorn-instance-manager': { packages: 471, compile: 93, chain: 15, link: 2.2 },
  'opencost/opencost': { packages: 972, compile: 180, chain: 23, link: 3.4 },
  'prometheus/prometheus': { packages: 1023, compile: 194, chain: 42, link: 3 },
  'coredns/coredns': { packages: 981, compile: 138, chain: 11, link: 3 },
  'metallb/metallb-controller': { packages: 552, compile: 129, chain: 18, link: 1.9 },
  'metallb/metallb-speaker': { packages: 15, compile: 3.8, chain: 2.3, link: 2 },
  'metrics-server/metrics-server': { packages: 768, compile: 146, chain: 19, link: 2.3 },
  'csi-sidecars/csi-attacher': { packages: 984, compile: 214, chain: 19, link: 2.5 },
  'csi-sidecars/csi-provisioner': { packages: 62, compile: 15, chain: 4, link: 2.3 },
  'csi-sidecars/csi-resizer': { packages: 8, compile: 3.5, chain: 2, link: 2.2 },
  'csi-sidecars/csi-snapshotter': { packages: 14, compile: 2.6, chain: 1.6, link: 2.1 },
  'kube-state-metrics/kube-state-metrics': { packages: 495, compile: 110, chain: 14, link: 1.8 },
  'longhorn-engine/longhorn-engine': { packages: 267, compile: 31, chain: 5.4, link: 1.1 },
  'longhorn-share-manager/longhorn-share-manager': { packages: 353, compile: 74, chain: 13, link: 1.8 },
  'grpc-health-probe/grpc-health-probe': { packages: 125, compile: 9.9, chain: 4.4, link: 0.5 },
  'etcd/etcd': { packages: 191, compile: 24, chain: 5.5, link: 1 },
  'etcd/etcdctl': { packages: 17, compile: 2, chain: 0.9, link: 0.8 },
  'node-exporter/node-exporter': { packages: 114, compile: 13, chain: 4.4, link: 0.6 },
};

/** For a program that is not in the list yet: about the middle of the list. */
const unmeasured: ProgramCost = { packages: 400, compile: 70, chain: 10, link: 2 };

/** What is to be built of some upstreams, with what each program costs. */
export function plansOf(
  upstreams: readonly (Pick<Upstream, 'name'> & { readonly binaries: readonly { readonly name: string }[] })[],
): Plan[] {
  return upstreams.map(({ name, binaries }) => ({
    name,
    programs: binaries.map((binary) => {
      const title = `${name}/${binary.name}`;
      return { title, ...(programCosts[title] ?? unmeasured) };
    }),
  }));
}
