import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { shellCommand } from '../../harness/probe/shell-words.ts';

const program = readFileSync(join(import.meta.dirname, 'cni-configurations.sh'), 'utf8');

/** A CNI configuration of a node, by its content. */
export interface CniConfiguration {
  readonly file: string;
  /** The plug-ins that it names, in their order (CNI specification: `type`). */
  readonly types: readonly string[];
}

/** The CNI configurations of a host or node, in the order in which a container runtime reads them. */
export async function cniConfigurations(cluster: Pick<Cluster, 'runAt'>, place: string, signal: AbortSignal): Promise<CniConfiguration[]> {
  return configurationsIn(await cluster.runAt(place, shellCommand(program, []), signal));
}

/** What the script printed: lines of a file's name and its content in base64. */
export function configurationsIn(output: string): CniConfiguration[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [file = '', content = ''] = line.split(' ');
    return { file, types: pluginTypes(Buffer.from(content, 'base64').toString()) };
  });
}

/** Of one plug-in, or of a list of them. */
function pluginTypes(content: string): string[] {
  let configuration: { readonly type?: string; readonly plugins?: readonly { readonly type?: string }[] };
  try {
    configuration = JSON.parse(content) as typeof configuration;
  } catch (error) {
    if (error instanceof SyntaxError) return ['no JSON'];
    throw error;
  }
  const plugins = configuration.plugins ?? [configuration];
  return plugins.map(({ type }) => type ?? 'no type');
}

/** Whether pods of a node get their network from Calico and from nobody else. */
export function isCalicoAlone(configurations: readonly CniConfiguration[]): boolean {
  const [only, ...others] = configurations;
  return only?.types[0] === 'calico' && others.length === 0;
}

/** For example `10-calico.conflist (calico, portmap)`. */
export function configurationsText(configurations: readonly CniConfiguration[]): string {
  return configurations.map(({ file, types }) => `${file} (${types.join(', ')})`).join('; ') || 'none';
}
