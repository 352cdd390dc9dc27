import { equal, noneOf } from '../../harness/engine/measured.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { withTalos } from '../../harness/platform/talos/with-talos.ts';
import { check } from '../fixtures/check.ts';
import { hostEntries } from './host-entries.ts';
import { byControlPlanes } from '../fixtures/control-planes.ts';
import { machineConfigurations, ownConfiguration } from './machine-configurations.ts';
import { requirements } from './requirements.ts';

/** Register: a node that is in no entry. */
const noEntry = 'w09';

check(requirements['NET-NODE-HOSTS'], async ({ cluster, observe, control }) => {
  const { nodes, vip } = cluster.documented;
  const expected = [{ address: vip.address, name: vip.hostname }, ...nodes].map(({ name, address }) => `${name}=${address}`);
  const [configurations, files] = await Promise.all([machineConfigurations(cluster), hostsFiles(cluster)]);
  for (const configured of configurations) {
    const { name, machine } = configured;
    const entries = (machine.network?.extraHostEntries ?? []).flatMap(({ ip, aliases }) => aliases.map((alias) => `${alias}=${ip}`));
    observe(equal(`static host entries that ${name} is configured with`, { expected, saw: entries, vantage: `Talos API of ${name}` }));
    control(ownConfiguration(configured));
  }
  for (const { name, text } of files) {
    const found = hostEntries(text);
    const vantage = `Talos API of ${name}`;
    observe(
      noneOf(`names that the resolver of ${name} lacks, or has otherwise`, {
        saw: expected.filter((entry) => !found.includes(entry)),
        vantage,
      }),
    );
    const others = found.filter((entry) => entry.startsWith(`${noEntry}=`));
    control(noneOf(`entries of ${noEntry} in the hosts file of ${name}, which the guide does not have`, { saw: others, vantage }));
  }
});

/** The file that a node's own resolver reads first, of every node. */
async function hostsFiles(cluster: Cluster): Promise<{ name: string; text: string }[]> {
  return withTalos(
    cluster,
    (talos) =>
      Promise.all(
        cluster.documented.nodes.map(async ({ name, address }) => ({
          name,
          text: (await talos.node(address).read('/etc/hosts')).toString(),
        })),
      ),
    byControlPlanes(cluster),
  );
}
