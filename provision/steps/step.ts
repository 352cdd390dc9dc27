/** A manifest of ours, or one that an upstream ships (read where its module lies, adapted by the provider). */
export type Manifest = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'upstream'; readonly name: UpstreamManifest };

/** The provider supplies these; the guide fetches them from a URL. */
export type UpstreamManifest =
  | 'calico'
  | 'calico-api-server'
  | 'metallb'
  | 'metrics-server'
  | 'longhorn-crds'
  | 'cert-manager'
  | 'velero-crds';

/** One thing that a step does; `corrects` names the errata that it mends, in the corrected profile. */
export type Action = { readonly corrects?: readonly string[] } & ActionKind;

type ActionKind =
  | { readonly kind: 'apply'; readonly manifest: Manifest }
  /** Changes an object that is there: the manifest has its name and the fields to change. */
  | { readonly kind: 'patch'; readonly path: string }
  /** A kubectl command of the guide, without `--kubeconfig`. */
  | { readonly kind: 'kubectl'; readonly args: readonly string[] }
  /** A script of the guide, in the reader's folder on the admin workstation. */
  | {
      readonly kind: 'script';
      readonly name: string;
      readonly args: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
    }
  /** `talosctl patch machineconfig` on each of these nodes, by address, with a file of ours; ends at the first refusal. */
  | { readonly kind: 'patch-machine-config'; readonly nodes: readonly string[]; readonly patch: string };

/** What must be true of the cluster for the step to be of use; awaited after all steps were applied. */
export interface Readiness {
  /** A workload as kubectl names it, for example `daemonset/calico-node`. */
  readonly workload: string;
  readonly namespace: string;
}

export interface Step {
  readonly id: string;
  readonly title: string;
  /** The heading of the guide that the step comes from. */
  readonly guide: string;
  readonly actions: readonly Action[];
  readonly ready?: readonly Readiness[];
  /** Awaited before the step begins, as the guide does where it installs something. */
  readonly gate?: readonly Readiness[];
  /** Objects that are put into the step's outcome as they were before it, for requirements that compare. */
  readonly keeps?: { readonly resources: string; readonly namespace: string };
  /** The erratum that makes this step fail when it is followed as written, and words of the refusal that show it. */
  readonly failsBy?: { readonly erratum: string; readonly saying: string };
}
