import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equal } from '../../harness/engine/measured.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { shellCommand } from '../../harness/probe/shell-words.ts';
import { check } from '../fixtures/check.ts';
import { machineConfigurations, ownConfiguration } from './machine-configurations.ts';
import { requirements } from './requirements.ts';

/** Register: a node that is in no entry. */
const noEntry = 'w09';

check(requirements['NET-NODE-HOSTS'], async ({ cluster, observe, control, signal }) => {
  const { nodes, vip } = cluster.documented;
  const documented = [{ address: vip.address, name: vip.hostname }, ...nodes];
  const expected = documented.map(({ name, address }) => `${name}=${address}`);
  for (const configured of await machineConfigurations(cluster)) {
    const { name, machine } = configured;
    const entries = (machine.network?.extraHostEntries ?? []).flatMap(({ ip, aliases }) => aliases.map((alias) => `${alias}=${ip}`));
    observe(equal(`static host entries of ${name}`, { expected, saw: entries, vantage: `Talos API of ${name}` }));
    control(ownConfiguration(configured));
  }
  const looked = await Promise.all(
    nodes.map(async ({ name }) => ({
      name,
      found: await lookups(cluster, { node: name, names: [...documented.map((each) => each.name), noEntry] }, signal),
    })),
  );
  for (const { name, found } of looked) {
    const isOfEntry = (each: string): boolean => !each.startsWith(`${noEntry}=`);
    observe(equal(`names that resolve on ${name}`, { expected, saw: found.filter(isOfEntry), vantage: name }));
    control(
      equal(`a name that is no entry, on ${name}`, {
        expected: [`${noEntry}=nothing`],
        saw: found.filter((each) => !isOfEntry(each)),
        vantage: name,
      }),
    );
  }
});

/** As the node's own resolver has them: `name=address`, or `name=nothing`. */
async function lookups(
  cluster: Pick<Cluster, 'runAt'>,
  { node, names }: { node: string; names: readonly string[] },
  signal: AbortSignal,
): Promise<string[]> {
  const program = await readFile(join(import.meta.dirname, 'host-lookups.sh'), 'utf8');
  const lines = (await cluster.runAt(node, shellCommand(program, names), signal)).trim().split('\n');
  return lines.map((line) => (line.endsWith('=') ? `${line}nothing` : line));
}
