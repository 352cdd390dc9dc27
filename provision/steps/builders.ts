import { join } from 'node:path';
import type { Profile } from '../../guide/cluster.ts';
import type { Action, Manifest, Readiness, UpstreamManifest } from './step.ts';

function apply(manifest: Manifest): Action {
  return { kind: 'apply', manifest };
}

export function upstream(name: UpstreamManifest): Action {
  return apply({ kind: 'upstream', name });
}

/** A kubectl command of the guide, without `--kubeconfig`. */
export function kubectl(...args: string[]): Action {
  return { kind: 'kubectl', args };
}

/** `./NAME ARGS` in the reader's folder. */
export function script(name: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Action {
  return { kind: 'script', name, args, environment };
}

/** A manifest that is the same in both profiles. */
export function file(path: string): Action {
  return apply({ kind: 'file', path: manifestPath(`${path}.yaml`) });
}

/** The manifest of a profile; the corrected one mends these errata. */
export function own(path: string, profile: Profile, corrects: readonly string[]): Action {
  const action = file(`${path}.${profile}`);
  return profile === 'corrected' ? correcting(corrects, action) : action;
}

/** A manifest by which a correction changes an object of an earlier step. */
export function patch(path: string, corrects: readonly string[]): Action {
  return correcting(corrects, { kind: 'patch', path: manifestPath(`${path}.corrected.yaml`) });
}

/** An action that is there, or is as it is, because of these errata. */
export function correcting(corrects: readonly string[], action: Action): Action {
  return { ...action, corrects };
}

export function manifestPath(path: string): string {
  return join(import.meta.dirname, 'manifests', path);
}

export function rollout(workload: string, namespace: string): Readiness {
  return { workload, namespace };
}
