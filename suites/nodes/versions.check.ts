import type { V1Pod } from '@kubernetes/client-node';
import { atApi, equal } from '../../harness/engine/measured.ts';
import { controlPlanes } from '../admin-access/documented-nodes.ts';
import { check } from '../fixtures/check.ts';
import { releaseOf } from './releases.ts';
import { requirements } from './requirements.ts';

/** Parts that run as pods: those of the control plane on each control plane, kube-proxy on each node. */
const parts = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const proxy = 'kube-proxy';

check(requirements['NODE-VERSION-K8S'], async ({ cluster, observe, control, signal }) => {
  const { kubernetes, documented } = cluster;
  const expected = documented.versions.kubernetes;
  const [nodes, pods] = await Promise.all([kubernetes.core.listNode(), kubernetes.core.listNamespacedPod({ namespace: 'kube-system' })]);
  for (const { name, address } of controlPlanes(cluster)) {
    const { body } = await kubernetes.at(address).request({ method: 'GET', path: '/version' }, signal);
    observe(
      equal(`API server at ${address}, ${name}`, {
        expected,
        saw: (body as { gitVersion?: string }).gitVersion ?? 'no version',
        vantage: `API server of ${name}`,
      }),
    );
    for (const part of parts)
      observe(
        equal(`${part} that runs on ${name}`, { expected: [expected], saw: releasesOn(pods.items, { container: part, node: name }) }),
      );
  }
  for (const { name } of documented.nodes) {
    const info = nodes.items.find(({ metadata }) => metadata?.name === name)?.status?.nodeInfo;
    observe(equal(`kubelet of ${name}`, { expected, saw: info?.kubeletVersion ?? 'no such node' }));
    observe(
      equal(`${proxy} that runs on ${name}`, { expected: [expected], saw: releasesOn(pods.items, { container: proxy, node: name }) }),
    );
  }
  control({
    subject: 'releases of the cluster DNS, by the same reading',
    vantage: atApi,
    expected: `some, none of them ${expected}`,
    saw: [...new Set(releases(pods.items, 'coredns'))].join(', ') || 'none',
    held: releases(pods.items, 'coredns').length > 0 && !releases(pods.items, 'coredns').includes(expected),
  });
});

/** The tags of the containers that run, and not of the templates that asked for them. */
function releases(pods: readonly V1Pod[], container: string): string[] {
  return pods.flatMap(({ status }) =>
    (status?.containerStatuses ?? []).filter(({ name }) => name === container).map(({ image }) => releaseOf(image)),
  );
}

function releasesOn(pods: readonly V1Pod[], { container, node }: { container: string; node: string }): string[] {
  return releases(
    pods.filter(({ spec }) => spec?.nodeName === node),
    container,
  );
}
