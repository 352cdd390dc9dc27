/** The part of bench/denials.ts that runs at the admin workstation: descriptor, folder, runs. */
import { readFileSync } from 'node:fs';
import { openChanges } from '../harness/engine/changes/changes.ts';
import { createJournal, openJournal } from '../harness/engine/changes/journal.ts';
import { changedCluster } from '../harness/platform/changed-cluster.ts';
import { type Cluster, connectCluster } from '../harness/platform/cluster.ts';
import { clusterDescriptor } from '../harness/platform/descriptor.ts';
import { type EchoGroup, startEchoGroup } from '../suites/fixtures/echo-group.ts';
import { type MatrixSource, type MatrixTarget, measureMatrix } from '../harness/probe/matrix.ts';
import { blocked } from '../harness/probe/probe.ts';
import { type Measurements, add, median, table } from './median.ts';

const [descriptor = '', folder = '', runs = '3'] = process.argv.slice(2);
const cluster = connectCluster(clusterDescriptor.parse(JSON.parse(readFileSync(descriptor, 'utf8'))));
const journal = openJournal(createJournal(folder, { runId: 'bench', command: 'bench/denials.ts', cluster: cluster.descriptor.name }));
const changes = openChanges({ cluster: changedCluster(cluster.kubernetes), journal, owner: 'bench' });
const { signal } = new AbortController();

try {
  const { alice, bob } = cluster.documented.tenants;
  const [one, other] = await Promise.all([alice, bob].map((namespace) => startEchoGroup({ cluster, changes, signal }, { namespace })));
  if (one === undefined || other === undefined) throw new Error('two groups were asked for');
  const seconds: Measurements = new Map();
  for (let run = 0; run < Number(runs); run += 1) await measure(seconds, [directed(one, other), directed(other, one)]);
  process.stdout.write(`Denials between two tenants\n${table(seconds, 'seconds')}ratio of the medians: ${ratio(seconds).toFixed(1)}\n`);
} finally {
  await changes.undoAll();
  journal.close();
}

interface Directed {
  readonly sources: readonly MatrixSource<string>[];
  readonly targets: readonly MatrixTarget<string, string>[];
}

/** What one tenant's pods try of the other's: its pods and its Service. */
function directed(from: EchoGroup, to: EchoGroup): Directed {
  return {
    sources: from.pods.map(({ node, place }) => source(`${from.namespace} on ${node}`, place)),
    targets: [
      ...to.pods.map(({ node, tcp }) => destination(`${to.namespace} on ${node}`, tcp)),
      destination(`${to.namespace} service`, { kind: 'tcp', host: to.service.clusterIp, port: 80 }),
    ],
  };
}

function source(name: string, place: MatrixSource<string>['place']): MatrixSource<string> {
  return { name, is: name, group: 'tenants', capabilities: [], place };
}

function destination(name: string, target: MatrixTarget<string, string>['target']): MatrixTarget<string, string> {
  return { name, is: name, group: 'tenants', capabilities: [], target };
}

async function measure(seconds: Measurements, both: readonly Directed[]): Promise<void> {
  const batched = performance.now();
  await Promise.all(both.map((each) => measureMatrix(cluster, { ...each, absent: [] }, signal)));
  add(seconds, 'one command a source, all at once', (performance.now() - batched) / 1000);
  const single = performance.now();
  for (const { sources, targets } of both)
    for (const { place } of sources) for (const { target } of targets) await denied(cluster, place, target);
  add(seconds, 'one command after another', (performance.now() - single) / 1000);
}

async function denied(at: Cluster, place: MatrixSource<string>['place'], target: MatrixTarget<string, string>['target']): Promise<void> {
  const [outcome] = await at.probe(place, [target], signal);
  if (outcome === undefined || !blocked(outcome))
    throw new Error(`expected a denial at ${at.placeText(place)}, saw ${outcome?.kind ?? 'nothing'}`);
}

function ratio(seconds: Measurements): number {
  const [batched = Number.NaN, single = Number.NaN] = [...seconds.values()].map(median);
  return single / batched;
}
