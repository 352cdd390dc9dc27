import { equal } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { recovered, wholenessOf } from '../../../harness/platform/node-recovery.ts';
import { decodeConfiguration } from '../../../harness/platform/talos/machine-config/decode.ts';
import { patchConfiguration } from '../../../harness/platform/talos/machine-config/patch.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { type Claim, type Destination, denial, reach } from '../../../harness/probe/claims.ts';
import { type Listener, startListener } from '../../../harness/probe/listener.ts';
import { type Sampling, startSampling } from '../../../harness/probe/sampler.ts';
import { check } from '../check.ts';
import { nth, workers } from '../documented-nodes.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { requirements } from '../requirements.ts';
import { silence, withoutSilence } from '../silence.ts';
import { atHosts, outsiders, workstation } from '../vantages.ts';
import { firewallState } from './firewall-state.ts';
import { apiPort } from './range.ts';

type Node = Cluster['documented']['nodes'][number];

/** Much more than all of it takes: what ends by itself looks like silence. */
const mostMs = 400_000;
/** Harmless, and taken without a reboot (talos.dev: machine.nodeAnnotations). */
const change = 'machine: {nodeAnnotations: {conform-change: "made by a check, and taken back"}}';

check(requirements['ADM-TALOS-PERSISTS'], async (context) => {
  const { cluster, hint, signal } = context;
  hint(async () => 'talosctl -n NODE get mc persistent -o yaml: does the stored configuration hold the firewall (E06, E07)?');
  const lightFirst = await workersByVolumes(cluster);
  const [rebooted, changed] = [nth(lightFirst, 0), nth(lightFirst, 1)];
  const elsewhere = await startListener(cluster, 'lan', { port: 18_082, maxSeconds: mostMs / 1000 }, signal);
  try {
    const [one, other] = [
      { node: rebooted, as: 'the worker that reboots', elsewhere },
      { node: changed, as: 'the worker whose configuration changes', elsewhere },
    ];
    await holds(context, { ...one, when: 'before' });
    await holds(context, { ...other, when: 'before' });
    const sampling = await sampleWhileOff(context, rebooted);
    await whileItReboots(context, rebooted, sampling, async () => {
      await withChange(cluster, changed, () => holds(context, { ...other, when: 'after the next change of its configuration' }));
    });
    await holds(context, { ...one, when: 'after its reboot' });
    await wasSilent(context, rebooted, sampling);
  } finally {
    await elsewhere.stop();
  }
});

interface Moment {
  readonly node: Node;
  /** The node's part in this check: another run may choose another worker. */
  readonly as: string;
  readonly when: string;
  /** A server on a host without a firewall. */
  readonly elsewhere: Listener;
}

/** The firewall holds for new connections, and the stored configuration has it. */
async function holds({ cluster, connect, observe }: CheckContext, moment: Moment): Promise<void> {
  await connect(claimsAt(moment));
  const { node, as, when } = moment;
  const { stored } = await firewallState(cluster, node.address);
  const vantage = `Talos API of ${node.name}`;
  observe(equal(`default action of the stored firewall of ${as} ${when}`, { expected: 'block', saw: stored, vantage }));
}

function claimsAt({ node: { address }, as, when, elsewhere }: Moment): Claim[] {
  const to: Destination = { name: `the Talos API of ${as} ${when}`, target: { kind: 'tcp', host: address, port: apiPort } };
  const server: Destination = {
    name: 'a server on a host without a firewall',
    target: { kind: 'tcp', host: elsewhere.address, port: elsewhere.port },
  };
  return [
    reach({ from: workstation, to }),
    denial({
      from: atHosts(outsiders),
      to,
      sameSourceReaches: [{ name: `ping of ${as} ${when}`, target: { kind: 'icmp', host: address } }, server],
      targetAnswers: workstation,
    }),
  ];
}

async function sampleWhileOff({ cluster, signal }: CheckContext, { name, address }: Node): Promise<Sampling> {
  return startSampling(
    cluster,
    outsiders.map((host) => ({
      name: `Talos API of ${name}, from ${host}`,
      from: { host },
      url: `https://${address}:${apiPort}/`,
      connection: 'new',
      insecure: true,
    })),
    { maxMs: mostMs, everyMs: 250, signal },
  );
}

/** Reboots a node, does something else meanwhile, and waits until it is as whole as before, whatever becomes of the other thing. */
async function whileItReboots(context: CheckContext, node: Node, sampling: Sampling, meanwhile: () => Promise<void>): Promise<void> {
  const { cluster, observe, signal } = context;
  const whole = await wholenessOf(cluster.kubernetes, node.name, signal);
  try {
    sampling.mark(`reboot ${node.name}`);
    await withTalos(cluster, (talos) => talos.node().reboot(), { endpoints: [node.address] });
    await meanwhile();
  } finally {
    // As written the platform's pods do not start again (E20): that is told, and the firewall is looked at all the same.
    const again = await inTime(() => recovered(cluster.kubernetes, { node: node.name, whole }, { powerOn: async () => undefined, signal }));
    observe({
      key: 'the worker that reboots, after its reboot',
      subject: `${node.name} after its reboot`,
      vantage: 'Kubernetes API',
      expected: 'as whole as before',
      saw: again.kind === 'done' ? 'as whole as before' : again.text,
      held: again.kind === 'done',
    });
  }
}

/** Changes a node's configuration, does something, and takes the change back. */
async function withChange(cluster: Cluster, { address }: Node, work: () => Promise<void>): Promise<void> {
  await withTalos(
    cluster,
    async (talos) => {
      const node = talos.node();
      const before = await node.machineConfiguration();
      const documents = decodeConfiguration(change, { patch: true });
      try {
        await node.applyConfiguration(patchConfiguration(before, { kind: 'merge', documents }), { mode: 'NO_REBOOT' });
        await work();
      } finally {
        await node.applyConfiguration(before, { mode: 'NO_REBOOT' });
      }
    },
    { endpoints: [address] },
  );
}

/** No outsider got an answer of the API in all that time, not even while the node started. */
async function wasSilent({ observe, show }: CheckContext, { name }: Node, sampling: Sampling): Promise<void> {
  const series = await sampling.stop();
  show(series);
  for (const [index, each] of series.entries()) {
    const other = withoutSilence(each, { wasOff: true });
    observe({
      key: `Talos API of the worker that reboots, from ${outsiders[index]}`,
      subject: `${each.target} while ${name} rebooted`,
      vantage: each.vantage,
      expected: `nothing else than ${silence}`,
      saw: other === 'nothing else' ? `${other} in ${each.samples.length} attempts` : other,
      held: other === 'nothing else',
    });
  }
}

/** The worker whose pods have mounted the fewest claims first: all of them have to be mounted again after its reboot. */
async function workersByVolumes(cluster: Cluster): Promise<Node[]> {
  const { items } = await cluster.kubernetes.core.listPodForAllNamespaces();
  const claimsOn = (node: string): number =>
    items
      .filter(({ spec }) => spec?.nodeName === node)
      .flatMap(({ spec }) => (spec?.volumes ?? []).filter(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)).length;
  return workers(cluster).toSorted((one, other) => claimsOn(one.name) - claimsOn(other.name));
}
