import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isWithinCidr } from '../../guide/address.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { check } from '../fixtures/check.ts';
import { onEveryWorker } from '../fixtures/echo-group.ts';
import { requirements } from './requirements.ts';

check(requirements['NET-POD-IP'], async ({ cluster, observe, control, signal }, { neutral }) => {
  const { kubernetes, documented } = cluster;
  control(onEveryWorker(cluster, neutral.pods));
  const [{ items }, nodes] = await Promise.all([kubernetes.core.listPodForAllNamespaces(), kubernetes.core.listNode()]);
  const running = items.filter(({ status }) => status?.phase === 'Running' && status.podIP !== undefined);
  const addressed = running.map(({ metadata, spec, status }) => ({
    name: `${metadata?.namespace}/${metadata?.name}`,
    isOnHost: spec?.hostNetwork === true,
    addresses: (status?.podIPs ?? []).map(({ ip }) => ip),
  }));
  const own = addressed.filter(({ isOnHost }) => !isOnHost);
  observe(
    noneOf(`pods with an address outside ${documented.podCidr}`, {
      saw: own.flatMap(({ name, addresses }) =>
        addresses.filter((address) => !isWithinCidr(address, documented.podCidr)).map((address) => `${name} ${address}`),
      ),
    }),
  );
  const all = own.flatMap(({ addresses }) => addresses);
  observe(noneOf('addresses that two pods have', { saw: all.filter((address, index) => all.indexOf(address) !== index) }));
  const script = await readFile(join(import.meta.dirname, 'pod-address.sh'), 'utf8');
  const inside = await Promise.all(neutral.pods.map(async (pod) => ({ ...pod, card: await kubernetes.run(pod.place, script, signal) })));
  for (const { node, address, card } of inside)
    observe(
      equal(`address of eth0 in the pod on ${node}`, {
        expected: address,
        saw: /inet (?:addr:)?(\d+(?:\.\d+){3})\b/.exec(card)?.[1] ?? 'none',
        vantage: `pod on ${node}`,
      }),
    );
  const ofNodes = nodes.items.flatMap(({ status }) => (status?.addresses ?? []).map(({ address }) => address));
  const onHost = addressed.filter(({ isOnHost }) => isOnHost).flatMap(({ addresses }) => addresses);
  control({
    subject: 'addresses of pods on the host network, by the same reading',
    vantage: atApi,
    expected: `those of nodes, none of them in ${documented.podCidr}`,
    saw: [...new Set(onHost)].toSorted().join(', ') || 'no pods',
    held: onHost.length > 0 && onHost.every((address) => ofNodes.includes(address) && !isWithinCidr(address, documented.podCidr)),
  });
});
