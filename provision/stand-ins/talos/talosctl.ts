/**
 * Stand-in for talosctl v1.11.6 on the admin workstation, over the harness's client of the Talos API.
 *
 * Does what the guide asks of it on a running cluster: `get TYPE [ID]` (table, yaml, json, jsonpath={.PATH}; types and columns by the
 * node's own definitions), `version`, `service [ID [status]]`, `mounts`, `etcd members|status|snapshot FILE`, `apply-config --file`,
 * `health` (the node's own checks); the options -n, -e, --talosconfig;
 * the refusals without nodes or endpoints, and of commands that talosctl does not have (`df`).
 * Does not: anything else (patches of the machine configuration: provision/steps/patch-machine-config.ts).
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { type Talos, type TalosNode, connectTalos } from '../../../harness/platform/talos/client.ts';
import type { ApplyMode } from '../../../harness/platform/talos/messages.ts';
import type { TalosResource } from '../../../harness/platform/talos/resource.ts';
import { TalosError } from '../../../harness/platform/talos/talos-error.ts';
import { readTalosconfig } from '../../../harness/platform/talos/talosconfig.ts';

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
      file: { type: 'string', short: 'f' },
      mode: { type: 'string', short: 'm', default: 'auto' },
      'dry-run': { type: 'boolean', default: false },
      'control-plane-nodes': { type: 'string', multiple: true, default: [] },
      'wait-timeout': { type: 'string', default: '20m' },
    },
  });
}

async function main([command = '', ...rest]: readonly string[]): Promise<void> {
  const [first = '', second] = rest;
  switch (command) {
    case 'get':
      return onNodes((node, address) => get(node, address, { type: first, id: second }));
    case 'version':
      return onNodes(async (node, address) => {
        const { tag } = (await node.version()).version;
        process.stdout.write(`Server:\n\tNODE:        ${address}\n\tTag:         ${tag}\n`);
      });
    case 'service':
      return onNodes((node, address) => service(node, address, first));
    case 'mounts':
      return onNodes(mounts);
    case 'etcd':
      return onNodes((node, address) => etcd(node, address, { action: first, file: second }));
    case 'apply-config':
      return onNodes(applyConfiguration);
    case 'health':
      return showHealth();
    default:
      throw new Error(`unknown command "${command}" for "talosctl"`);
  }
}

function listed(named: readonly string[], otherwise: readonly string[]): readonly string[] {
  return named.length > 0 ? named.flatMap((item) => item.split(',')) : otherwise;
}

async function connected<T>(work: (talos: Talos, nodes: readonly string[]) => Promise<T>): Promise<T> {
  const context = await readTalosconfig(values.talosconfig);
  const [nodes, endpoints] = [listed(values.nodes, context.nodes), listed(values.endpoints, context.endpoints)];
  if (endpoints.length === 0) throw new Error('error constructing client: failed to determine endpoints');
  using talos = connectTalos(context, { endpoints });
  return await work(talos, nodes);
}

async function onNodes(run: (node: TalosNode, address: string) => Promise<void>): Promise<void> {
  await connected(async (talos, nodes) => {
    if (nodes.length === 0)
      throw new Error(
        'nodes are not set for the command: please use `--nodes` flag or configuration file to set the nodes to run the command against',
      );
    for (const address of nodes) await run(talos.node(address), address);
  });
}

async function etcd(node: TalosNode, address: string, { action, file }: { action: string; file: string | undefined }): Promise<void> {
  if (action === 'snapshot' && file !== undefined) {
    await node.etcdSnapshot(file);
    process.stdout.write(`etcd snapshot saved to "${file}"\n`);
    return;
  }
  if (action === 'members') {
    const rows = (await node.etcdMembers()).map(({ id, hostname, peerUrls, clientUrls, isLearner }) => [
      address,
      BigInt(id).toString(16),
      hostname,
      peerUrls.join(','),
      clientUrls.join(','),
      String(isLearner),
    ]);
    process.stdout.write(columns([['NODE', 'ID', 'HOSTNAME', 'PEER ADDRS', 'CLIENT ADDRS', 'LEARNER'], ...rows]));
    return;
  }
  if (action !== 'status') throw new Error(`unknown command "etcd ${action}" for "talosctl"`);
  const { memberId, leader, raftIndex, raftTerm, errors } = await node.etcdStatus();
  process.stdout.write(
    columns([
      ['NODE', 'MEMBER', 'LEADER', 'RAFT INDEX', 'RAFT TERM', 'ERRORS'],
      [address, BigInt(memberId).toString(16), BigInt(leader).toString(16), raftIndex, raftTerm, errors.join(',')],
    ]),
  );
}

async function service(node: TalosNode, address: string, id: string): Promise<void> {
  const services = await node.services();
  const healthText = (health: (typeof services)[number]['health']): string =>
    health === null || health.unknown ? '?' : health.healthy ? 'OK' : 'Fail';
  if (id === '') {
    const rows = services.map(({ id: name, state, health: its }) => [address, name, state, healthText(its)]);
    process.stdout.write(columns([['NODE', 'SERVICE', 'STATE', 'HEALTH'], ...rows]));
    return;
  }
  const found = services.find((each) => each.id === id);
  if (found === undefined) throw new Error(`service "${id}" is not registered on nodes`);
  process.stdout.write(
    columns([
      ['NODE', address],
      ['ID', found.id],
      ['STATE', found.state],
      ['HEALTH', healthText(found.health)],
    ]),
  );
}

async function mounts(node: TalosNode, address: string): Promise<void> {
  const gigabytes = (bytes: string): string => (Number(bytes) / 1e9).toFixed(2);
  const rows = (await node.mounts()).map(({ filesystem, size, available, mountedOn }) => {
    const used = Number(size) - Number(available);
    const part = Number(size) === 0 ? 0 : (100 * used) / Number(size);
    return [address, filesystem, gigabytes(size), gigabytes(String(used)), gigabytes(available), `${part.toFixed(2)}%`, mountedOn];
  });
  process.stdout.write(columns([['NODE', 'FILESYSTEM', 'SIZE(GB)', 'USED(GB)', 'AVAILABLE(GB)', 'PERCENT USED', 'MOUNTED ON'], ...rows]));
}

async function applyConfiguration(node: TalosNode): Promise<void> {
  if (values.file === undefined) throw new Error('no filename supplied for configuration');
  const mode = values.mode.toUpperCase().replace('-', '_') as ApplyMode;
  const { modeDetails, warnings } = await node.applyConfiguration(await readFile(values.file, 'utf8'), { mode, dryRun: values['dry-run'] });
  for (const text of [...warnings, modeDetails]) process.stderr.write(`${text}\n`);
}

interface Definition {
  readonly type: string;
  readonly displayType: string;
  readonly defaultNamespace: string;
  readonly allAliases: readonly string[];
  readonly printColumns: readonly { readonly name: string; readonly jsonPath: string }[];
}

async function get(node: TalosNode, address: string, { type, id }: { type: string; id: string | undefined }): Promise<void> {
  const definitions = (await node.list<Definition>('resourcedefinitions')).map(({ spec }) => spec);
  const definition = definitions.find((each) => [each.type.toLowerCase(), ...each.allAliases].includes(type.toLowerCase()));
  if (definition === undefined) throw new Error(`rpc error: code = NotFound desc = resource "${type}" is not registered`);
  const namespace = definition.defaultNamespace;
  const all = await node.list(definition.type as `${string}.dev`, namespace);
  const found = id === undefined ? all : all.filter((resource) => resource.id === id);
  if (found.length === 0 && id !== undefined) throw new Error(`rpc error: code = NotFound desc = resource ${type}(${id}) doesn't exist`);
  if (values.output !== 'table') {
    for (const resource of found) process.stdout.write(`${shown(address, resource)}\n`);
    return;
  }
  const own = definition.printColumns;
  const heading = ['NODE', 'NAMESPACE', 'TYPE', 'ID', 'VERSION', ...own.map(({ name }) => name.toUpperCase())];
  const rows = found.map((each) => [
    address,
    each.namespace,
    definition.displayType,
    each.id,
    each.version,
    ...own.map(({ jsonPath }) => cell(valueAt(each.spec, jsonPath.replaceAll(/^\{\.|\}$/g, '')))),
  ]);
  process.stdout.write(columns([heading, ...rows]));
}

function cell(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (cells) =>
        `${cells
          .map((text, column) => text.padEnd(widths[column] ?? 0))
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
  const value = valueAt(document, path);
  return typeof value === 'string' ? value : typeof value === 'object' ? stringify(value) : JSON.stringify(value);
}

/** The node judges; each of its lines is printed as it comes. */
async function showHealth(): Promise<void> {
  await connected(async (talos, nodes) => {
    const planes = listed(values['control-plane-nodes'], []);
    const question = {
      waitSeconds: secondsOf(values['wait-timeout']),
      ...(planes.length === 0 ? {} : { controlPlaneNodes: planes }),
    };
    for await (const line of talos.node(nodes[0]).health(question)) process.stderr.write(`${line}\n`);
  });
}

/** Go's durations, as far as they are one number and one unit. */
function secondsOf(duration: string): number {
  const [, number = '', unit = ''] = /^(\d+)(s|m|h)$/.exec(duration) ?? [];
  const factor = { s: 1, m: 60, h: 3600 }[unit];
  if (factor === undefined) throw new Error(`invalid argument "${duration}" for "--wait-timeout" flag`);
  return Number(number) * factor;
}
