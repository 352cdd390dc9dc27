/** The images by whose tag the version of a product is told, by the capability; each without its registry. */
const products: Readonly<Record<string, readonly string[]>> = {
  calico: ['calico/node'],
  metallb: ['metallb/controller'],
  'metrics-server': ['metrics-server/metrics-server'],
  prometheus: ['prometheus/prometheus', 'kube-state-metrics/kube-state-metrics', 'prometheus/node-exporter'],
  longhorn: ['longhornio/longhorn-manager'],
  canine: ['caninehq/canine'],
  opencost: ['opencost/opencost'],
  'cert-manager': ['jetstack/cert-manager-controller'],
  'ingress-nginx': ['ingress-nginx/controller'],
  falco: ['falcosecurity/falco'],
};

/** The capabilities whose version a cluster tells by an image. */
export const versionedCapabilities: readonly string[] = Object.keys(products);

/** The versions of the products that are installed, by capability, from the images of the cluster's workloads. */
export function probedVersions(images: readonly string[]): Record<string, string> {
  const parsed = images.map(parseImage);
  return Object.fromEntries(
    Object.entries(products).flatMap(([capability, repositories]) => {
      const tags = repositories.flatMap((repository) => tagsOf(repository, parsed, repositories.length > 1));
      return tags.length === 0 ? [] : [[capability, tags.join(', ')]];
    }),
  );
}

/** Two versions of one product are both told: an upgrade may be under way. */
function tagsOf(repository: string, images: readonly Image[], isNamed: boolean): string[] {
  const found = images.filter((image) => image.repository === repository || image.repository.endsWith(`/${repository}`));
  const name = repository.split('/').at(-1) ?? repository;
  return [...new Set(found.map(({ tag }) => (isNamed ? `${name} ${tag}` : tag)))].toSorted();
}

interface Image {
  readonly repository: string;
  /** The digest where it has no tag. */
  readonly tag: string;
}

/** A reference is REGISTRY:PORT/REPOSITORY:TAG@DIGEST, and most of it may be left out (distribution/reference). */
function parseImage(reference: string): Image {
  const [named = '', digest] = reference.split('@');
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : (digest ?? 'latest');
  return { repository: hasTag ? named.slice(0, colon) : named, tag };
}
