import { noneOf } from '../../../harness/engine/measured.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';

/** WireGuard port of KubeSpan (talos.dev: KubeSpan). */
const kubeSpanPort = 51_820;

check(requirements['ADM-TALOS-KUBESPAN-OFF'], async ({ cluster, observe, control }) => {
  const read = await Promise.all(
    cluster.documented.nodes.map(async ({ name, address }) => ({
      name,
      ...(await withTalos(
        cluster,
        async (talos) => {
          const node = talos.node();
          const [configs, links, ...sockets] = await Promise.all([
            node.list<{ enabled: boolean }>('kubespanconfigs'),
            node.list('links'),
            node.read('/proc/net/udp'),
            node.read('/proc/net/udp6'),
          ]);
          return {
            enabled: configs.map(({ spec }) => String(spec.enabled)),
            links: links.map(({ id }) => id),
            ports: sockets.flatMap((table) => udpPorts(table.toString())),
          };
        },
        { endpoints: [address] },
      )),
    })),
  );
  for (const { name, enabled, links, ports } of read) {
    const vantage = `Talos API of ${name}`;
    observe(noneOf('KubeSpan configurations that are enabled', { saw: enabled.filter((each) => each !== 'false'), vantage }));
    observe(noneOf('links of KubeSpan', { saw: links.filter((link) => link.startsWith('kubespan')), vantage }));
    observe(noneOf(`UDP sockets at ${kubeSpanPort}`, { saw: ports.filter((port) => port === kubeSpanPort).map(String), vantage }));
    control({
      subject: 'links and UDP sockets, by the same reading',
      vantage,
      expected: 'lo and others, and sockets',
      saw: `${links.length} links, ${ports.length} UDP sockets`,
      held: links.includes('lo') && links.length > 1 && ports.length > 0,
    });
  }
});

/** Local ports of a table of sockets (proc(5): /proc/net/udp; the local address is in hexadecimal, `ADDRESS:PORT`). */
function udpPorts(table: string): number[] {
  return [...table.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)].map(([, port = '0']) => Number.parseInt(port, 16));
}
