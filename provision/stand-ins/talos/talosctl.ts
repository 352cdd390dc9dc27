/**
 * Stand-in for talosctl v1.11.6 on the admin workstation, over the harness's client of the Talos API.
 *
 * Does what the guide's scripts ask of it: `get TYPE [ID]` (table, yaml, json, jsonpath={.PATH}), `etcd snapshot FILE`, `version`;
 * the options -n, -e, --talosconfig; the refusals without nodes or endpoints, and of commands that talosctl does not have.
 * Does not: anything else (patches of the machine configuration: provision/steps/patch-machine-config.ts), columns of single types.
 */
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { type TalosNode, connectTalos } from '../../../harness/platform/talos/client.ts';
import type { TalosResource, TypeName } from '../../../harness/platform/talos/resource.ts';
import { TalosError } from '../../../harness/platform/talos/talos-error.ts';
import { readTalosconfig } from '../../../harness/platform/talos/talosconfig.ts';

/** talosctl's short names of the types that the guide reads. */
const aliases: Readonly<Record<string, TypeName>> = {
  hostname: 'hostnamestatuses',
  machineconfig: 'machineconfigs',
  mc: 'machineconfigs',
  members: 'members',
  links: 'links',
};

let values: ReturnType<typeof commandLine>['values'];

try {
  const parsed = commandLine();
  ({ values } = parsed);
  await main(parsed.positionals);
} catch (error) {
  process.stderr.write(
    `${error instanceof TalosError ? `rpc error: ${error.kind}: ${error.details}` : error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}

function commandLine() {
  return parseArgs({
    allowPositionals: true,
    options: {
      talosconfig: { type: 'string', default: `${process.env['HOME'] ?? ''}/.talos/config` },
      nodes: { type: 'string', short: 'n', multiple: true, default: [] },
      endpoints: { type: 'string', short: 'e', multiple: true, default: [] },
      output: { type: 'string', short: 'o', default: 'table' },
    },
  });
}

async function main([command = '', ...rest]: readonly string[]): Promise<void> {
  const [first = '', second] = rest;
  switch (command) {
    case 'get':
      return onNodes((node, address) => get(node, address, { type: first, id: second }));
    case 'version':
      return onNodes(async (node) => void process.stdout.write(`Server:\n\tTag:         ${(await node.version()).version.tag}\n`));
    case 'etcd':
      if (first !== 'snapshot' || second === undefined) throw new Error(`unknown command "etcd ${first}" for "talosctl"`);
      return onNodes((node) => snapshot(node, second));
    default:
      throw new Error(`unknown command "${command}" for "talosctl"`);
  }
}

async function onNodes(run: (node: TalosNode, address: string) => Promise<void>): Promise<void> {
  const context = await readTalosconfig(values.talosconfig);
  const listed = (named: readonly string[], otherwise: readonly string[]): readonly string[] =>
    named.length > 0 ? named.flatMap((item) => item.split(',')) : otherwise;
  const [nodes, endpoints] = [listed(values.nodes, context.nodes), listed(values.endpoints, context.endpoints)];
  if (endpoints.length === 0) throw new Error('error constructing client: failed to determine endpoints');
  if (nodes.length === 0)
    throw new Error(
      'nodes are not set for the command: please use `--nodes` flag or configuration file to set the nodes to run the command against',
    );
  using talos = connectTalos(context, { endpoints });
  for (const address of nodes) await run(talos.node(address), address);
}

async function snapshot(node: TalosNode, file: string): Promise<void> {
  await node.etcdSnapshot(file);
  process.stdout.write(`etcd snapshot saved to "${file}"\n`);
}

async function get(node: TalosNode, address: string, { type, id }: { type: string; id: string | undefined }): Promise<void> {
  const all = await node.list(aliases[type] ?? (type as TypeName));
  const found = id === undefined ? all : all.filter((resource) => resource.id === id);
  if (found.length === 0 && id !== undefined) throw new Error(`rpc error: code = NotFound desc = resource ${type}(${id}) doesn't exist`);
  if (values.output === 'table')
    process.stdout.write(columns([['NODE', 'NAMESPACE', 'TYPE', 'ID', 'VERSION'], ...found.map((each) => row(address, each))]));
  else for (const resource of found) process.stdout.write(`${shown(address, resource)}\n`);
}

function row(address: string, { namespace, type, id, version }: TalosResource): string[] {
  return [address, namespace, type.split('.')[0]?.replace(/s$/, '') ?? type, id, version];
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}

function shown(node: string, { namespace, type, id, version, phase, spec }: TalosResource): string {
  const document = { node, metadata: { namespace, type, id, version, phase }, spec };
  if (values.output === 'yaml') return stringify(document);
  if (values.output === 'json') return JSON.stringify(document, undefined, 4);
  const [, path] = /^jsonpath=\{\.([\w.]+)\}$/.exec(values.output) ?? [];
  if (path === undefined) throw new Error(`output format "${values.output}" is not supported`);
  const value = path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], document);
  return typeof value === 'string' ? value : typeof value === 'object' ? stringify(value) : JSON.stringify(value);
}
