import type { V1CSINode } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import { atApi, equal, lateIf, noneOf } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { conditionOf, longhorn, longhornNamespace, longhornRef, managerPort } from '../../harness/platform/longhorn/longhorn.ts';
import { withTalos } from '../../harness/platform/talos/with-talos.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { byControlPlanes } from '../fixtures/control-planes.ts';
import { check } from './check.ts';
import { missingPackages } from './missing-packages.ts';
import { requirements } from './requirements.ts';
import { tagOf } from './image-tag.ts';
import { arrived } from './scratch-volumes.ts';

check(requirements['STOR-VERSION'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'kubectl -n longhorn-system get pods -o wide; kubectl -n longhorn-system get engineimages.longhorn.io');
  const { longhorn: version, metallb } = cluster.documented.versions;
  const tags = async (namespace: string, selector: string): Promise<Map<string, string[]>> => runningTags(cluster, namespace, selector);
  const parts = { manager: 'app=longhorn-manager', UI: 'app=longhorn-ui', 'instance manager': 'longhorn.io/component=instance-manager' };
  for (const [part, selector] of Object.entries(parts)) {
    const found = await tags(longhornNamespace, selector);
    const workers = part === 'UI' ? [...found.keys()] : workerNames(cluster);
    for (const node of workers) observe(equal(`${part} on ${node}`, { expected: [version], saw: found.get(node) ?? 'none runs' }));
    observe(equal(`whether a ${part} runs`, { expected: 'it does', saw: found.size > 0 ? 'it does' : 'none' }));
  }
  const images = await longhorn(cluster.kubernetes, signal).engineImages();
  observe(equal('engine images', { expected: [version], saw: images.map(({ spec }) => tagOf(spec.image)) }));
  const [controller = []] = (await tags('metallb-system', 'component=controller')).values();
  control(equal('the same reading of MetalLB', { expected: [metallb], saw: controller }));
});

/** The tags of the images that run, not of those that were asked for, by node. */
async function runningTags({ kubernetes }: Cluster, namespace: string, labelSelector: string): Promise<Map<string, string[]>> {
  const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector });
  return new Map(
    items.map(({ spec, status }) => [
      spec?.nodeName ?? '',
      [...new Set((status?.containerStatuses ?? []).map(({ image }) => tagOf(image)))],
    ]),
  );
}

check(
  requirements['STOR-HEALTH'],
  async (context) => {
    const { cluster, observe, control, hint } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get pods -o wide; kubectl get csinodes -o yaml; kubectl get namespace longhorn-system -o yaml',
    );
    await managersReady(context);
    const { items } = await cluster.kubernetes.storage.listCSINode();
    observe(equal('nodes on which driver.longhorn.io is registered', { expected: workerNames(cluster), saw: withDriver(items) }));
    const { metadata } = await cluster.kubernetes.core.readNamespace({ name: longhornNamespace });
    const level = metadata?.labels?.['pod-security.kubernetes.io/enforce'] ?? 'none';
    observe(equal(`level that ${longhornNamespace} enforces`, { expected: 'privileged', saw: level }));
    const [valid, invalid] = await Promise.all([dryRun(context, 3), dryRun(context, 99)]);
    observe(equal('a volume of three replicas, as a dry run', { expected: '201', saw: valid }));
    control({
      subject: 'a volume of 99 replicas, as a dry run',
      vantage: atApi,
      expected: 'refused by the webhook',
      saw: invalid,
      held: /admission webhook .*denied/.test(invalid),
    });
  },
  { uses: ['longhorn'], deadlineMs: 720_000 },
);

function withDriver(nodes: readonly V1CSINode[]): string[] {
  return nodes
    .filter(({ spec }) => spec.drivers.some(({ name }) => name === 'driver.longhorn.io'))
    .map(({ metadata }) => metadata?.name ?? '');
}

async function managersReady({ cluster: { kubernetes, documented }, observe, signal }: CheckContext): Promise<void> {
  const workers = documented.nodes.filter(({ role }) => role === 'worker').map(({ name }) => name);
  const timeoutMs = promised.storage.managerReadyMs;
  const ready = await inTime(() =>
    until('a Ready manager on each worker', { timeoutMs, everyMs: 2000, signal }, async () => {
      const { items } = await kubernetes.core.listNamespacedPod({ namespace: longhornNamespace, labelSelector: 'app=longhorn-manager' });
      const nodes = items.filter(isReady).map(({ spec }) => spec?.nodeName ?? '');
      return workers.every((name) => nodes.includes(name)) ? { done: nodes } : { notYet: nodes.join(', ') || 'none' };
    }),
  );
  const isLate = ready.kind === 'late';
  observe({
    subject: 'workers with a Ready manager',
    vantage: atApi,
    expected: workers.join(', '),
    saw: isLate ? ready.text : ready.value.toSorted().join(', '),
    held: !isLate,
    ...lateIf(isLate),
  });
}

/** The answer to the creation of a volume, which is not kept. */
async function dryRun({ cluster, signal }: CheckContext, numberOfReplicas: number): Promise<string> {
  const ref = longhornRef('Volume', `conform-dry-run-${nonce()}`);
  const body = { ...ref, spec: { size: String(1024 ** 3), numberOfReplicas, frontend: 'blockdev', accessMode: 'rwo', dataEngine: 'v1' } };
  const path = (await cluster.kubernetes.raw.path(ref, signal)).replace(/\/[^/]+$/, '?dryRun=All');
  const { status, message } = await cluster.kubernetes.request({ method: 'POST', path, body }, signal);
  return status === 201 ? '201' : `${status} ${message}`;
}

/** Of Longhorn's needs those that the promise names (longhorn.io: Talos Linux Support). */
const neededExtensions = ['iscsi-tools', 'util-linux-tools'];

check(
  requirements['STOR-EXTENSIONS'],
  async (context, { heldVolume }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'talosctl -n w01 get extensions; kubectl -n longhorn-system get nodes.longhorn.io -o yaml');
    const extensions = await extensionsByNode(cluster);
    const schematicOf = (name: string): string => extensions.get(name)?.find((each) => each.name === 'schematic')?.version ?? 'none';
    const [workers, others] = [workerNames(cluster), cluster.documented.nodes.filter(({ role }) => role !== 'worker')];
    for (const node of workers) {
      const names = extensions.get(node)?.map(({ name }) => name) ?? [];
      const missing = neededExtensions.filter((name) => !names.includes(name));
      observe(noneOf(`extensions that ${node} lacks`, { saw: missing, vantage: `Talos API of ${node}` }));
    }
    for (const { name } of others)
      control(
        equal(`schematic of ${name}`, { expected: schematicOf(workers[0] ?? ''), saw: schematicOf(name), vantage: `Talos API of ${name}` }),
      );
    const nodes = await longhorn(cluster.kubernetes, signal).nodes();
    for (const node of workers) {
      const conditions = nodes.find(({ metadata }) => metadata.name === node)?.status?.conditions ?? [];
      const message = conditions.find(({ type }) => type === 'RequiredPackages')?.message ?? '';
      observe(noneOf(`packages that Longhorn misses on ${node}`, { saw: missingPackages(message) }));
      observe(equal(`whether Longhorn has looked at ${node}`, { expected: 'True', saw: conditionOf(conditions, 'Ready') }));
    }
    const held = arrived(context, 'a volume to trim', heldVolume);
    if (held === undefined) return;
    observe(
      equal('a trim of the mounted volume', { expected: '200', saw: await trimmed(context, held.volume), vantage: 'API of the manager' }),
    );
    const none = await trimmed(context, 'conform-none');
    control({
      subject: 'a trim of a volume that does not exist',
      vantage: 'API of the manager',
      expected: 'an error',
      saw: none,
      held: none !== '200',
    });
  },
  { uses: ['longhorn'], deadlineMs: 480_000 },
);

interface Extension {
  readonly name: string;
  readonly version: string;
}

async function extensionsByNode(cluster: Cluster): Promise<Map<string, Extension[]>> {
  const found = await withTalos(
    cluster,
    (talos) =>
      Promise.all(
        cluster.documented.nodes.map(async ({ name, address }) => {
          const resources = await talos.node(address).list<{ metadata: Extension }>('extensionstatuses');
          return [name, resources.map(({ spec }) => spec.metadata)] as const;
        }),
      ),
    byControlPlanes(cluster),
  );
  return new Map(found);
}

/** fstrim(8) on the volume's node, by Longhorn's own API: the status, with the reason where it is no success. */
async function trimmed({ cluster: { kubernetes }, signal }: CheckContext, volume: string): Promise<string> {
  const { items } = await kubernetes.core.listNamespacedPod({ namespace: longhornNamespace, labelSelector: 'app=longhorn-manager' });
  const manager = items.find(isReady)?.metadata?.name;
  if (manager === undefined) throw new Error('no manager of Longhorn is Ready');
  const { status, body } = await kubernetes.ask(
    { namespace: longhornNamespace, pod: manager, port: managerPort },
    { method: 'POST', path: `/v1/volumes/${volume}?action=trimFilesystem`, headers: { 'content-type': 'application/json' }, body: '{}' },
    signal,
  );
  return status === 200 ? '200' : `${status} ${body.slice(0, 200)}`;
}

check(requirements['STOR-NODES-SCHEDULABLE'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'kubectl -n longhorn-system get nodes.longhorn.io -o yaml: allowScheduling of node and disk, and their conditions');
  const [nodes, workers] = [await longhorn(cluster.kubernetes, signal).nodes(), workerNames(cluster)];
  observe(equal('nodes of Longhorn', { expected: workers, saw: nodes.map(({ metadata }) => metadata.name) }));
  for (const { metadata, spec, status } of nodes) {
    const { name } = metadata;
    const disks = Object.entries(status?.diskStatus ?? {});
    observe(equal(`whether ${name} takes replicas`, { expected: 'true', saw: String(spec.allowScheduling) }));
    for (const type of ['Ready', 'Schedulable'])
      observe(equal(`condition ${type} of ${name}`, { expected: 'True', saw: conditionOf(status?.conditions, type) }));
    observe(equal(`disks of ${name}`, { expected: '1', saw: String(disks.length) }));
    for (const [disk, { conditions }] of disks) {
      observe(equal(`whether the disk of ${name} takes replicas`, { expected: 'true', saw: String(spec.disks?.[disk]?.allowScheduling) }));
      for (const type of ['Ready', 'Schedulable'])
        observe(equal(`condition ${type} of the disk of ${name}`, { expected: 'True', saw: conditionOf(conditions, type) }));
    }
  }
  // The same cluster has nodes that are none of Longhorn's, or "exactly the workers" would be "all".
  const { items } = await cluster.kubernetes.core.listNode();
  const controlPlanes = cluster.documented.nodes.filter(({ role }) => role === 'control-plane').map(({ name }) => name);
  const others = items.map((node) => node.metadata?.name ?? '').filter((name) => controlPlanes.includes(name));
  control(equal('control planes of the cluster', { expected: controlPlanes, saw: others }));
});
