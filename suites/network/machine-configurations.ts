import { parseAllDocuments } from 'yaml';
import type { Measured } from '../../harness/engine/evidence.ts';
import { equal } from '../../harness/engine/measured.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { withTalos } from '../../harness/platform/talos/with-talos.ts';
import { byControlPlanes } from '../fixtures/control-planes.ts';

/** The parts of a machine configuration that these checks read (talos.dev: v1alpha1 Config). */
interface Machine {
  readonly network?: {
    readonly hostname?: string;
    readonly extraHostEntries?: readonly { readonly ip: string; readonly aliases: readonly string[] }[];
  };
  readonly registries?: { readonly mirrors?: Readonly<Record<string, { readonly endpoints?: readonly string[] }>> };
}

/** A node's machine configuration. */
export interface ConfiguredMachine {
  readonly name: string;
  readonly machine: Machine;
}

/** The machine configurations of all nodes. They hold keys, so nothing of them is kept but the parts that are asked for. */
export async function machineConfigurations(cluster: Cluster): Promise<ConfiguredMachine[]> {
  return withTalos(
    cluster,
    (talos) =>
      Promise.all(
        cluster.documented.nodes.map(async ({ name, address }) => {
          const documents = parseAllDocuments(await talos.node(address).machineConfiguration()).map(
            (document) => document.toJS() as { machine?: Machine },
          );
          return { name, machine: documents.find(({ machine }) => machine !== undefined)?.machine ?? {} };
        }),
      ),
    byControlPlanes(cluster),
  );
}

/** The control of whatever is read there: each node told its own configuration, and not the one that forwarded the question. */
export function ownConfiguration({ name, machine }: ConfiguredMachine): Measured {
  return equal(`hostname in the configuration that ${name} told`, {
    expected: name,
    saw: machine.network?.hostname ?? 'none',
    vantage: `Talos API of ${name}`,
  });
}
