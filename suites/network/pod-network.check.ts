import { equal, lateIf } from '../../harness/engine/measured.ts';
import { startListener } from '../../harness/probe/listener.ts';
import { mayBeLate } from '../../harness/probe/outcome.ts';
import { outcomeText } from '../../harness/probe/probe.ts';
import { check } from '../fixtures/check.ts';
import { onEveryWorker, workerNames } from '../fixtures/echo-group.ts';
import { fromGroup, fromHosts, toKind } from '../fixtures/matrix-parts.ts';
import { worked } from '../../harness/probe/worked.ts';
import { acrossNodes } from './across-nodes.ts';
import { requirements } from './requirements.ts';

check(requirements['NET-POD-CROSS-NODE'], async (context, { neutral }) => {
  await acrossNodes(context, neutral);
});

check(requirements['NET-NODE-POD'], async ({ cluster, connect, hint }, { matrix }) => {
  hint(
    async () => 'ip route get POD on the node that does not reach it; does TCP of the node itself need checksum offload off (calico#4727)?',
  );
  const { nodes } = cluster.documented;
  const workers = workerNames(cluster);
  const podsOn = (isOn: (node: string) => boolean) =>
    toKind('pod', ({ of, protocol, listens, node }) => of === 'neutral' && protocol === 'tcp' && listens && isOn(node));
  const nobody = matrix.targets(toKind('silent-port'), 1);
  await connect([
    ...nodes.map(({ name }) =>
      matrix.reach({
        from: matrix.sources(fromHosts(name), 1),
        to: matrix.targets(
          podsOn((node) => node !== name),
          workers.filter((worker) => worker !== name).length,
        ),
        unlike: nobody,
      }),
    ),
    matrix.reach({
      from: matrix.sources(fromGroup('neutral'), workers.length),
      to: matrix.targets(
        toKind('node', ({ port }) => port === kubeletPort),
        nodes.length,
      ),
      unlike: nobody,
    }),
  ]);
});

const kubeletPort = 10_250;

/** In the lab a host beyond the gateway, elsewhere the vantage that stands for it. */
const beyond = 'outsider';
const listenerPort = 18_081;

check(requirements['NET-POD-EGRESS'], async ({ cluster, observe, control, hint, signal }, { neutral }) => {
  hint(async () => 'kubectl get ippools -o yaml: natOutgoing');
  control(onEveryWorker(cluster, neutral.pods));
  const nodeOf = (name: string): string => cluster.documented.nodes.find((node) => node.name === name)?.address ?? 'unknown';
  const listener = await startListener(cluster, beyond, { port: listenerPort, maxSeconds: 60 }, signal);
  try {
    const url = `http://${listener.address}:${listener.port}/clientip`;
    const seen = await Promise.all(
      neutral.pods.flatMap(({ place, node }) =>
        [place, { host: node }].map(async (from) => ({
          from,
          node,
          outcome: worked((await cluster.probe(from, [{ kind: 'http', url }], signal))[0]),
        })),
      ),
    );
    for (const { from, node, outcome } of seen) {
      const saw = outcome.kind === 'answered' ? outcome.body.replace(/:\d+$/, '') : outcomeText(outcome);
      const source = 'host' in from ? node : `the pod on ${node}`;
      const measured = {
        ...equal(`source that ${beyond} sees of ${source}`, { expected: nodeOf(node), saw, vantage: cluster.placeText(from) }),
        ...lateIf(mayBeLate(outcome)),
      };
      if ('host' in from) control(measured);
      else observe(measured);
    }
  } finally {
    await listener.stop();
  }
});
