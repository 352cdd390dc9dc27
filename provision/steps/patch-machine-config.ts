/**
 * `talosctl patch machineconfig` for machines that have no talosctl: merges a patch into the active machine configuration of
 * each node, node after node, and hands it back. Says what talosctl says, on standard error; ends with 1 at the first refusal.
 *
 *   node patch-machine-config.ts --talosconfig FILE --endpoint ADDRESS --node ADDRESS... --patch FILE
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Talos, connectTalos } from '../../harness/platform/talos/client.ts';
import { ConfigurationRefused } from '../../harness/platform/talos/machine-config/decode.ts';
import { type ConfigPatch, patchConfiguration, readPatch } from '../../harness/platform/talos/machine-config/patch.ts';
import { TalosError } from '../../harness/platform/talos/talos-error.ts';
import { readTalosconfig } from '../../harness/platform/talos/talosconfig.ts';
import { Problem } from '../../harness/engine/problem.ts';

const { values } = parseArgs({
  options: {
    talosconfig: { type: 'string' },
    endpoint: { type: 'string' },
    node: { type: 'string', multiple: true, default: [] },
    patch: { type: 'string' },
  },
});

process.exitCode = await main().then(
  () => 0,
  (error: unknown) => {
    process.stderr.write(`${refusalText(error)}\n`);
    return 1;
  },
);

async function main(): Promise<void> {
  const patch = readPatch(await readFile(required('patch'), 'utf8'));
  const context = await readTalosconfig(required('talosconfig'));
  using talos = connectTalos(context, { endpoints: [required('endpoint')] });
  if (values.node.length === 0) throw new Error('required flag(s) "node" not set');
  for (const node of values.node) await patchNode(talos, node, patch);
}

async function patchNode(talos: Talos, address: string, patch: ConfigPatch): Promise<void> {
  const node = talos.node(address);
  const before = await node.machineConfiguration();
  const after = patchConfiguration(before, patch);
  if (after.trim() === patchConfiguration(before, { kind: 'merge', documents: [] }).trim()) {
    process.stderr.write('Apply was skipped: no changes detected.\n');
    return;
  }
  const { modeDetails, warnings } = await node.applyConfiguration(after);
  process.stderr.write(`patched MachineConfigs.config.talos.dev/v1alpha1 at the node ${address}\n`);
  for (const line of [...warnings.map((warning) => `WARNING: ${warning}`), modeDetails]) process.stderr.write(`${line}\n`);
}

function required(name: 'talosconfig' | 'endpoint' | 'patch'): string {
  const value = values[name];
  if (value === undefined) throw new Error(`required flag(s) "${name}" not set`);
  return value;
}

/** What talosctl prints: the words of the refusal, never a stack. */
function refusalText(error: unknown): string {
  if (error instanceof ConfigurationRefused) return error.message;
  if (error instanceof TalosError) return `rpc error: ${error.kind}: ${error.details}`;
  return error instanceof Problem ? error.format() : error instanceof Error ? error.message : String(error);
}
