import type { V1DaemonSet } from '@kubernetes/client-node';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { check } from '../fixtures/check.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { cniConfigurations, configurationsText, isCalicoAlone } from './cni-configurations.ts';
import { everyNode } from './every-node.ts';
import { requirements } from './requirements.ts';

check(requirements['NET-NODES-READY'], async ({ cluster, observe, control, signal }, { neutral }) => {
  const { kubernetes, documented } = cluster;
  const [nodes, names, daemonSets] = await Promise.all([
    kubernetes.core.listNode(),
    everyNode(cluster),
    kubernetes.apps.listDaemonSetForAllNamespaces(),
  ]);
  for (const name of names) {
    const node = nodes.items.find(({ metadata }) => metadata?.name === name);
    const unavailable = node?.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')?.status ?? 'absent';
    observe(equal(`condition Ready of ${name}`, { expected: 'True', saw: node !== undefined && isReady(node) ? 'True' : 'not True' }));
    observe({
      subject: `condition NetworkUnavailable of ${name}`,
      vantage: atApi,
      expected: 'absent or False',
      saw: node === undefined ? 'no such node' : unavailable,
      held: node !== undefined && ['absent', 'False'].includes(unavailable),
    });
  }
  const [elsewhere, ...configurations] = await Promise.all(
    ['lan', ...documented.nodes.map(({ name }) => name)].map(async (place) => ({
      place,
      found: await cniConfigurations(cluster, place, signal),
    })),
  );
  for (const { place, found } of configurations)
    observe({
      subject: `CNI configurations of ${place}`,
      vantage: place,
      expected: 'one, whose first plug-in is calico',
      saw: configurationsText(found),
      held: isCalicoAlone(found),
    });
  observe(
    equal('DaemonSets that reach into the CNI folders of nodes', {
      expected: ['calico-system/calico-node'],
      saw: daemonSets.items.filter(installsCni).map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`),
    }),
  );
  control({
    subject: 'CNI configurations of a host that is no node',
    vantage: 'lan',
    expected: 'none',
    saw: configurationsText(elsewhere?.found ?? []),
    held: elsewhere?.found.length === 0,
  });
  const isReadyNode = (name: string): boolean => isReady(nodes.items.find(({ metadata }) => metadata?.name === name) ?? {});
  const served = neutral.pods.filter(({ address }) => address !== '').map(({ node }) => node);
  control(
    noneOf('Ready workers on which a new pod got no address', {
      saw: workerNames(cluster).filter((name) => isReadyNode(name) && !served.includes(name)),
    }),
  );
});

/** Where a container runtime looks for plug-ins and their configuration (CNI: Conventions). */
const cniFolders = ['/etc/cni', '/opt/cni'];

function installsCni({ spec }: V1DaemonSet): boolean {
  const paths = (spec?.template.spec?.volumes ?? []).flatMap(({ hostPath }) => hostPath?.path ?? []);
  return paths.some((path) => cniFolders.some((folder) => path === folder || path.startsWith(`${folder}/`)));
}
