import { isDeepStrictEqual } from 'node:util';
import { status } from '@grpc/grpc-js';
import { type ConfigDocument, decodeConfiguration } from '../../../../harness/platform/talos/machine-config/decode.ts';
import type { ApplyMode, ApplyResult } from '../../../../harness/platform/talos/messages.ts';
import { Refusal } from '../api/refusal.ts';
import { mainOf } from './configuration.ts';
import { faultIsOn } from './faults.ts';
import type { Machine } from './machine.ts';

const details: Readonly<Record<'REBOOT' | 'NO_REBOOT' | 'STAGED', string>> = {
  REBOOT: 'Applied configuration with a reboot',
  NO_REBOOT: 'Applied configuration without a reboot',
  STAGED: 'Staged configuration to be applied after the next reboot',
};

/** Takes a configuration that was found valid, in the mode asked for. */
export async function applyConfiguration(
  machine: Machine,
  text: string,
  { mode, dryRun }: { mode: ApplyMode; dryRun: boolean },
): Promise<ApplyResult> {
  const needsReboot = changesThatNeedReboot(machine.configuration.documents, decodeConfiguration(text));
  const reason = `this config change can't be applied in immediate mode\ndiff:\n${needsReboot.map((path) => `~ ${path}`).join('\n')}`;
  if (mode === 'TRY') throw new Refusal(status.UNIMPLEMENTED, 'the lab takes no configuration on trial');
  if (mode === 'NO_REBOOT' && needsReboot.length > 0) throw new Refusal(status.INVALID_ARGUMENT, reason);
  const chosen = mode === 'AUTO' ? (needsReboot.length > 0 ? 'REBOOT' : 'NO_REBOOT') : mode;
  const because = mode === 'AUTO' && needsReboot.length > 0 ? `: ${reason}` : '';
  if (dryRun)
    return {
      warnings: [],
      mode: chosen,
      modeDetails: `Dry run summary:\n${details[chosen]} (skipped in dry-run).\n${difference(machine.configuration.text, text)}`,
    };
  await take(machine, text, chosen);
  return { warnings: [], mode: chosen, modeDetails: details[chosen] + because };
}

async function take(
  { configuration, effects, places, end }: Machine,
  text: string,
  mode: 'REBOOT' | 'NO_REBOOT' | 'STAGED',
): Promise<void> {
  if (!(await faultIsOn(places.faults, 'talos-configuration-volatile'))) await configuration.persist(text);
  if (mode === 'NO_REBOOT') {
    configuration.activate(text);
    await effects.apply(configuration);
  }
  if (mode === 'REBOOT')
    end('reboot', { graceful: true }).catch((error: unknown) => process.stdout.write(`apid: reboot: ${String(error)}\n`));
}

/** Parts of `machine` that Talos changes on a running node; any other change waits for a reboot (Talos v1.11: CanApplyImmediate). */
const immediate = new Set([
  'ca',
  'acceptedCAs',
  'time',
  'certSANs',
  'install',
  'network',
  'sysfs',
  'sysctls',
  'logging',
  'controlPlane',
  'kubelet',
  'kernel',
  'registries',
  'pods',
  'seccompProfiles',
  'nodeAnnotations',
  'nodeLabels',
  'nodeTaints',
]);
const immediateFeatures = new Set(['kubernetesTalosAPIAccess', 'kubePrism', 'hostDNS', 'imageCache', 'nodeAddressSortAlgorithm']);

function changesThatNeedReboot(before: readonly ConfigDocument[], after: readonly ConfigDocument[]): string[] {
  const old = (mainOf(before).machine ?? {}) as Record<string, unknown>;
  const next = (mainOf(after).machine ?? {}) as Record<string, unknown>;
  const machine = changedKeys(old, next).filter((key) => !immediate.has(key) && key !== 'features');
  const features = changedKeys(
    (old['features'] ?? {}) as Record<string, unknown>,
    (next['features'] ?? {}) as Record<string, unknown>,
  ).filter((key) => !immediateFeatures.has(key));
  return [...machine.map((key) => `machine.${key}`), ...features.map((key) => `machine.features.${key}`)];
}

function changedKeys(old: Record<string, unknown>, next: Record<string, unknown>): string[] {
  const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
  return [...keys].filter((key) => !isDeepStrictEqual(old[key], next[key])).toSorted();
}

/** What a dry run shows: lines that go and lines that come. Keys and tokens are in them, as in Talos's answer. */
function difference(before: string, after: string): string {
  if (before.trim() === after.trim()) return 'No changes.';
  const old = new Set(before.split('\n'));
  const next = new Set(after.split('\n'));
  const removed = before.split('\n').filter((line) => !next.has(line));
  const added = after.split('\n').filter((line) => !old.has(line));
  return ['Config diff:\n', ...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)].join('\n');
}
