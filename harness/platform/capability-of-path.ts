/** The part that answers for an API group (docs.tigera.io, longhorn.io, metallb.universe.tf, cert-manager.io, velero.io; kubernetes-sigs/metrics-server). */
const groups: Readonly<Record<string, string>> = {
  'longhorn.io': 'longhorn',
  'metallb.io': 'metallb',
  'crd.projectcalico.org': 'calico',
  'projectcalico.org': 'calico',
  'operator.tigera.io': 'calico-operator',
  'metrics.k8s.io': 'metrics-server',
  'cert-manager.io': 'cert-manager',
  'acme.cert-manager.io': 'cert-manager',
  'velero.io': 'velero',
};

/** The part whose objects a namespace holds (guide: Cluster Topology, Optional Components). */
const namespaces: Readonly<Record<string, string>> = {
  'longhorn-system': 'longhorn',
  canine: 'canine',
  opencost: 'opencost',
  'prometheus-system': 'prometheus',
  'metallb-system': 'metallb',
  'calico-system': 'calico',
  'calico-apiserver': 'calico',
  'tigera-operator': 'calico-operator',
  'cert-manager': 'cert-manager',
  'ingress-nginx': 'ingress-nginx',
  falco: 'falco',
  velero: 'velero',
};

/** The capabilities that a request to this path of the Kubernetes API touches: the API itself, then the parts behind its group and namespace. */
export function capabilitiesOfPath(path: string): string[] {
  const [, root, group = '', ...rest] = path.split(/[?#]/, 1)[0]?.split('/') ?? [];
  const at = rest.indexOf('namespaces');
  const parts = [root === 'apis' ? known(groups, group) : undefined, at < 0 ? undefined : known(namespaces, rest[at + 1] ?? '')];
  return [...new Set(['kubernetes', ...parts.filter((part) => part !== undefined)])];
}

function known(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
