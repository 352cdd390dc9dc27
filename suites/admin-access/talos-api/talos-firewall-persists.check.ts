import { attempt } from '../../../harness/engine/attempt.ts';
import { check } from '../../fixtures/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { recovered, wholenessOf } from '../../../harness/platform/node-recovery.ts';
import { decodeConfiguration } from '../../../harness/platform/talos/machine-config/decode.ts';
import { patchConfiguration } from '../../../harness/platform/talos/machine-config/patch.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { startListener } from '../../../harness/probe/listener.ts';
import { startSampling } from '../../../harness/probe/sampler.ts';
import { nth, workers } from '../documented-nodes.ts';
import { firewallState } from './firewall-state.ts';
import { requirements } from '../requirements.ts';
import { silence, withoutSilence } from '../silence.ts';
import { outsiders } from '../vantages.ts';

const apiPort = 50_000;
/** Much more than all of it takes: what ends by itself looks like silence. */
const mostMs = 400_000;
/** Harmless, and taken without a reboot (talos.dev: machine.nodeAnnotations). */
const change = 'machine: {nodeAnnotations: {conform-change: "made by a check, and taken back"}}';

check(requirements['ADM-TALOS-PERSISTS'], async (context) => {
  const { cluster, observe, show, signal } = context;
  context.hint(async () => 'talosctl -n NODE get mc persistent -o yaml: does the stored configuration hold the firewall (E06, E07)?');
  const lightFirst = await workersByVolumes(cluster);
  const [rebooted, changed] = [nth(lightFirst, 0), nth(lightFirst, 1)];
  const server = await startListener(cluster, 'lan', { port: 18_082, maxSeconds: mostMs / 1000 }, signal);
  const probes = (when: string, nodes: readonly (typeof rebooted)[]): Promise<unknown> =>
    connections(context, [
      ...nodes.flatMap(({ name, address }): Connection[] => [
        {
          role: 'observation',
          from: { host: 'admin' },
          to: { kind: 'tcp', host: address, port: apiPort },
          name: `${name} ${when}`,
          expect: 'reached',
        },
        ...outsiders.map((host): Connection => ({
          role: 'observation',
          from: { host },
          to: { kind: 'tcp', host: address, port: apiPort },
          name: `${name} ${when}`,
          expect: 'denied',
        })),
        ...outsiders.map((host): Connection => ({
          role: 'control',
          from: { host },
          to: { kind: 'icmp', host: address },
          name: `${name} ${when}`,
          expect: 'reached',
        })),
      ]),
      {
        role: 'control',
        from: { host: 'outsider' },
        to: { kind: 'tcp', host: server.address, port: server.port },
        name: 'a host without a firewall',
        expect: 'reached',
      },
    ]);
  const stored = async (when: string, { name, address }: typeof rebooted): Promise<void> =>
    observe(
      equal(`default action of the stored firewall ${when}`, {
        expected: 'block',
        saw: (await firewallState(cluster, address)).stored,
        vantage: `Talos API of ${name}`,
      }),
    );

  await probes('before', [rebooted, changed]);
  await stored('before', rebooted);
  const whole = await wholenessOf(cluster.kubernetes, rebooted.name, signal);
  const sampling = await startSampling(
    cluster,
    outsiders.map((host) => ({
      name: `Talos API of ${rebooted.name}, from ${host}`,
      from: { host },
      url: `https://${rebooted.address}:${apiPort}/`,
      connection: 'new',
      insecure: true,
    })),
    { maxMs: mostMs, everyMs: 250, signal },
  );
  try {
    sampling.mark(`reboot ${rebooted.name}`);
    await withTalos(cluster, (talos) => talos.node().reboot(), { endpoints: [rebooted.address] });
    await withTalos(
      cluster,
      async (talos) => {
        const node = talos.node();
        const before = await node.machineConfiguration();
        try {
          await node.applyConfiguration(
            patchConfiguration(before, { kind: 'merge', documents: decodeConfiguration(change, { patch: true }) }),
            { mode: 'NO_REBOOT' },
          );
          await probes('after the next change of its configuration', [changed]);
          await stored('after the next change', changed);
        } finally {
          await node.applyConfiguration(before, { mode: 'NO_REBOOT' });
        }
      },
      { endpoints: [changed.address] },
    );
  } finally {
    // As written the platform's pods do not start again (E20): that is told, and the firewall is looked at all the same.
    const again = await attempt(signal, () =>
      recovered(cluster.kubernetes, { node: rebooted.name, whole }, { powerOn: async () => undefined, signal }),
    );
    observe({
      subject: `${rebooted.name} after its reboot`,
      vantage: 'Kubernetes API',
      expected: 'as whole as before',
      saw: again.kind === 'done' ? 'as whole as before' : again.text,
      held: again.kind === 'done',
    });
  }
  await probes('after its reboot', [rebooted]);
  await stored('after its reboot', rebooted);
  const series = await sampling.stop();
  show(series);
  for (const each of series) {
    const other = withoutSilence(each, { wasOff: true });
    observe({
      subject: `${each.target} while it rebooted`,
      vantage: each.vantage,
      expected: `${each.samples.length} times ${silence}`,
      saw: other,
      held: other === 'nothing else',
    });
  }
  await server.stop();
});

/** The worker whose pods have mounted the fewest claims first: all of them have to be mounted again after its reboot. */
async function workersByVolumes(cluster: Cluster): Promise<Cluster['documented']['nodes']> {
  const { items } = await cluster.kubernetes.core.listPodForAllNamespaces();
  const claimsOn = (node: string): number =>
    items
      .filter(({ spec }) => spec?.nodeName === node)
      .flatMap(({ spec }) => (spec?.volumes ?? []).filter(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)).length;
  return workers(cluster).toSorted((one, other) => claimsOn(one.name) - claimsOn(other.name));
}
