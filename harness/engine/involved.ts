/** One pod's container, to run a command in. */
export interface PodPlace {
  readonly namespace: string;
  readonly pod: string;
  /** Its first one when left out. */
  readonly container?: string;
}

/** What a check touched; what explains its verdict is about these. */
export class Involved {
  readonly #pods = new Map<string, PodPlace>();
  readonly #namespaces = new Set<string>();
  readonly #nodes = new Set<string>();
  readonly #addresses = new Set<string>();

  /** A pod, and its namespace. */
  pod(namespace: string, pod: string): void {
    this.#pods.set(`${namespace}/${pod}`, { namespace, pod });
    this.namespace(namespace);
  }

  namespace(namespace: string): void {
    this.#namespaces.add(namespace);
  }

  /** A node or host, by the name of its vantage. */
  node(name: string): void {
    this.#nodes.add(name);
  }

  address(address: string): void {
    this.#addresses.add(address);
  }

  get pods(): readonly PodPlace[] {
    return [...this.#pods.values()];
  }

  get namespaces(): readonly string[] {
    return [...this.#namespaces];
  }

  get nodes(): readonly string[] {
    return [...this.#nodes];
  }

  get addresses(): readonly string[] {
    return [...this.#addresses];
  }
}
