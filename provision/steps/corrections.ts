import { join, relative } from 'node:path';
import { optionNames } from '../options.ts';
import { guideSteps } from './guide-steps.ts';
import { guideScripts, scriptCorrections } from './scripts.ts';
import type { Action, Step } from './step.ts';

/** A place where the corrected profile mends an erratum. */
export interface CorrectionPlace {
  /** From the product's folder; absent where a command of a step is the correction. */
  readonly file?: string;
  /** A name in that file, the step that applies it, or the command. */
  readonly what: string;
}

const home = join(import.meta.dirname, '../..');

/** Corrections outside the steps; `what` is a name in the file. */
const outsideSteps: readonly { readonly file: string; readonly what: string; readonly corrects: readonly string[] }[] = [
  { file: 'guide/cluster.ts', what: 'thirdControlPlane', corrects: ['E01'] },
  { file: 'guide/cluster.ts', what: 'storage', corrects: ['E27', 'E67', 'E70'] },
  { file: 'guide/cluster.ts', what: 'canineApi', corrects: ['E37'] },
  { file: 'guide/cluster.ts', what: 'tenantRole', corrects: ['E44'] },
  { file: 'provision/lab/node/machine-config.ts', what: 'workerDisk', corrects: ['E04'] },
  { file: 'provision/lab/node/machine-config.ts', what: 'dataVolume', corrects: ['E05'] },
  { file: 'provision/lab/node/machine-config.ts', what: 'kubelet', corrects: ['E67'] },
  { file: 'provision/lab/node/machine-config.ts', what: 'schematics', corrects: ['E12'] },
  { file: 'provision/lab/node/talos-state.ts', what: 'extensions', corrects: ['E12'] },
  { file: 'provision/lab/pki/talos-pki.ts', what: 'targetsOf', corrects: ['E14'] },
  { file: 'provision/lab/upstream-manifests.ts', what: 'CALICO_IPV4POOL_CIDR', corrects: ['E15'] },
  { file: 'provision/lab/admin.ts', what: 'canine-password', corrects: ['E36'] },
  { file: 'provision/lab/components/metrics-server/go.mod', what: 'sigs.k8s.io/metrics-server v0.7.2', corrects: ['E46'] },
  { file: 'provision/lab/images/catalogue.ts', what: 'images', corrects: ['E81'] },
];

/** Errata that the corrected profile leaves as they are, by the reason. */
const uncorrected: readonly { readonly reason: string; readonly errata: readonly string[] }[] = [
  {
    reason: 'an upgrade, a new node or a reset, which the lab does not do',
    errata: ['E02', 'E09', 'E10', 'E52', 'E59', 'E60'],
  },
  {
    reason: 'an optional section of the guide, which the lab does not install',
    errata: ['E25', 'E50', 'E63', 'E66', 'E90'],
  },
  {
    reason: 'a command with which the reader looks at the cluster: nothing of the cluster depends on it',
    errata: ['E03', 'E31', 'E32', 'E43', 'E53', 'E54', 'E55', 'E68', 'E71', 'E72', 'E73', 'E74', 'E80', 'E83', 'E91', 'E98', 'E99'],
  },
  {
    reason: 'a statement of the guide that is wrong about a cluster which is as it should be',
    errata: ['E28', 'E82', 'E94', 'E97'],
  },
  { reason: 'the lab has no virtual machines and no installer images', errata: ['E11', 'E13'] },
  { reason: 'the lab has no Tigera operator: its steps apply the objects that the operator would make', errata: ['E16'] },
  { reason: 'names are resolved and time is kept by the machine that the lab runs on', errata: ['E56'] },
  { reason: 'the lab has no upstream registries that a mirror could fall back to', errata: ['E64'] },
  {
    reason:
      "one platform node is what the guide asks for, and a second would leave one to the tenants; what their pods tolerate, E88's rule says",
    errata: ['E61'],
  },
  { reason: 'a volume that nothing writes to does no harm', errata: ['E78'] },
];

/** Where the profile `corrected` makes each erratum's correction, by the erratum's ID. */
export function correctionPlaces(): Map<string, CorrectionPlace[]> {
  const places = new Map<string, CorrectionPlace[]>();
  for (const { corrects, ...place } of [...outsideSteps, ...inSteps(), ...inScripts()])
    for (const id of corrects) places.set(id, [...(places.get(id) ?? []), place]);
  return places;
}

/** Why the profile `corrected` leaves an erratum as it is; nothing for an erratum that it corrects. */
export function reasonUncorrected(id: string): string | undefined {
  return uncorrected.find(({ errata }) => errata.includes(id))?.reason;
}

type Correcting = CorrectionPlace & { readonly corrects: readonly string[] };

function inSteps(): Correcting[] {
  return guideSteps('corrected', optionNames).flatMap((step) =>
    step.actions.flatMap((action) => (action.corrects === undefined ? [] : [{ ...placeOf(step, action), corrects: action.corrects }])),
  );
}

function placeOf(step: Step, action: Action): CorrectionPlace {
  const what = `step ${step.id}`;
  if (action.kind === 'patch-machine-config') return { file: relative(home, action.patch), what };
  if (action.kind === 'patch') return { file: relative(home, action.path), what };
  if (action.kind === 'apply' && action.manifest.kind === 'file') return { file: relative(home, action.manifest.path), what };
  if (action.kind === 'kubectl') return { what: `${what}: kubectl ${action.args.join(' ')}` };
  throw new Error(`${what} has an action of kind ${action.kind} that corrects an erratum, and no place for it`);
}

function inScripts(): Correcting[] {
  const folder = relative(home, guideScripts('corrected'));
  return Object.entries(scriptCorrections).map(([name, corrects]) => ({ file: join(folder, name), what: "the reader's folder", corrects }));
}
