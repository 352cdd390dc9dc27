import { nonce } from '../../harness/engine/stable-key.ts';
import { check } from '../fixtures/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { withTalos } from '../../harness/platform/talos/with-talos.ts';
import { parseAllDocuments } from 'yaml';
import { equal, noneOf } from '../../harness/engine/measured.ts';
import { reached } from '../../harness/probe/probe.ts';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';
import { requirements } from './requirements.ts';

/** The parts of a machine configuration that these checks read (talos.dev: v1alpha1 Config). */
interface MachineConfiguration {
  readonly machine?: {
    readonly network?: { readonly extraHostEntries?: readonly { readonly ip: string; readonly aliases: readonly string[] }[] };
    readonly registries?: { readonly mirrors?: Readonly<Record<string, { readonly endpoints?: readonly string[] }>> };
  };
}

/** The talosconfig may name no endpoint (E14), so it is given here: a control plane, which forwards to the others. */
function byControlPlanes({ documented }: Cluster): { endpoints: string[] } {
  return { endpoints: documented.nodes.filter(({ role }) => role === 'control-plane').map(({ address }) => address) };
}

/** Of every node, by name; it holds keys, so nothing of it is kept but what is asked for. */
async function machineConfigurations(cluster: Cluster): Promise<{ name: string; machine: NonNullable<MachineConfiguration['machine']> }[]> {
  return withTalos(
    cluster,
    (talos) =>
      Promise.all(
        cluster.documented.nodes.map(async ({ name, address }) => {
          const documents = parseAllDocuments(await talos.node(address).machineConfiguration()).map(
            (document) => document.toJS() as MachineConfiguration,
          );
          return { name, machine: documents.find(({ machine }) => machine !== undefined)?.machine ?? {} };
        }),
      ),
    byControlPlanes(cluster),
  );
}

interface RouteSpec {
  readonly dst: string;
  readonly gateway: string;
}

check(requirements['NET-GATEWAY'], async ({ cluster, observe, control, signal }) => {
  const { nodes, lan } = cluster.documented;
  const read = await withTalos(
    cluster,
    (talos) =>
      Promise.all(
        nodes.map(async (node) => {
          const [routes, addresses] = await Promise.all([
            talos.node(node.address).list<RouteSpec>('routes'),
            talos.node(node.address).list<{ address: string }>('addresses'),
          ]);
          return {
            node,
            gateways: routes.filter(({ spec }) => spec.dst === '').map(({ spec }) => spec.gateway),
            onLan: addresses
              .map(({ spec }) => spec.address)
              .filter((address) => address.startsWith('192.168.29.') && address.endsWith('/24')),
          };
        }),
      ),
    byControlPlanes(cluster),
  );
  for (const { node, gateways, onLan } of read) {
    observe(equal('default routes', { expected: [lan.gateway], saw: gateways, vantage: `Talos API of ${node.name}` }));
    observe(equal('addresses of the LAN', { expected: [`${node.address}/24`], saw: onLan, vantage: `Talos API of ${node.name}` }));
  }
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error('the documented cluster has nodes');
  const neighbour = (name: string): string => (name === first.name ? second.address : first.address);
  const tried = await Promise.all(
    nodes.map(async ({ name }) => ({
      name,
      outcomes: await cluster.probe(
        { host: name },
        [
          { kind: 'icmp', host: lan.gateway },
          { kind: 'http', url: 'http://example.com/' },
          { kind: 'tcp', host: neighbour(name), port: 10250 },
        ],
        signal,
      ),
      route: await cluster.runAt(name, ['ip', 'route', 'get', neighbour(name)], signal),
    })),
  );
  for (const {
    name,
    outcomes: [ping, web, kubelet],
    route,
  } of tried) {
    observe(equal(`${lan.gateway} answers`, { expected: 'connected', saw: ping?.kind ?? 'not tried', vantage: name }));
    observe(equal('a host beyond the gateway', { expected: 'answered', saw: web?.kind ?? 'not tried', vantage: name }));
    control({
      subject: `a neighbour on the LAN, ${neighbour(name)}:10250`,
      vantage: name,
      expected: 'connects, and not by the gateway',
      saw: `${kubelet?.kind}; ${route.split('\n')[0]?.trim()}`,
      held: kubelet !== undefined && reached(kubelet) && !route.includes(` via ${lan.gateway}`),
    });
  }
});

check(requirements['NET-NODE-HOSTS'], async ({ cluster, observe, control, signal }) => {
  const { nodes, vip } = cluster.documented;
  const documented = [{ address: vip.address, name: vip.hostname }, ...nodes];
  const configurations = await machineConfigurations(cluster);
  for (const { name, machine } of configurations) {
    const entries = (machine.network?.extraHostEntries ?? []).flatMap(({ ip, aliases }) => aliases.map((alias) => `${alias}=${ip}`));
    observe(
      equal('static host entries', {
        expected: documented.map((each) => `${each.name}=${each.address}`),
        saw: entries,
        vantage: `Talos API of ${name}`,
      }),
    );
  }
  const withShell = nodes.filter(({ name }) => cluster.descriptor.vantages.some((vantage) => vantage.name === name));
  const looked = await Promise.all(
    withShell.map(async ({ name }) => ({
      name,
      found: await lookups(cluster, name, [...documented.map((each) => each.name), 'w09'], signal),
    })),
  );
  for (const { name, found } of looked) {
    observe(
      equal('what the names resolve to', {
        expected: documented.map((each) => `${each.name}=${each.address}`),
        saw: found.filter((each) => !each.startsWith('w09=')),
        vantage: name,
      }),
    );
    control(
      equal('a name that is no entry', { expected: ['w09=nothing'], saw: found.filter((each) => each.startsWith('w09=')), vantage: name }),
    );
  }
});

/** As the node's own resolver has them: `name=address`. A node knows itself by its loopback entry too, which comes second. */
async function lookups(cluster: Cluster, node: string, names: readonly string[], signal: AbortSignal): Promise<string[]> {
  const script = names.map((name) => `echo "${name}=$(getent ahostsv4 ${name} | awk '$1 !~ /^127[.]/ {print $1; exit}')"`).join('\n');
  return (await cluster.runAt(node, ['sh', '-c', script], signal))
    .trim()
    .split('\n')
    .map((line) => (line.endsWith('=') ? `${line}nothing` : line));
}

/** The registries whose mirror is not the documented one, by name; also those that the guide does not name. */
export function wrongMirrors(
  documented: Readonly<Record<string, string>>,
  found: Readonly<Record<string, { readonly endpoints?: readonly string[] }>>,
): string[] {
  const names = [...new Set([...Object.keys(documented), ...Object.keys(found)])].toSorted();
  return names
    .filter((name) => found[name]?.endpoints?.join() !== documented[name])
    .map((name) => `${name}: ${found[name]?.endpoints?.join(', ') ?? 'no mirror'}`);
}

check(requirements['NET-MIRRORS-CONFIG'], async ({ cluster, observe, control }) => {
  const { registryMirrors } = cluster.documented;
  const configurations = await machineConfigurations(cluster);
  for (const { name, machine } of configurations)
    observe(
      noneOf('registries whose mirror is not the documented one', {
        saw: wrongMirrors(registryMirrors, machine.registries?.mirrors ?? {}),
        vantage: `Talos API of ${name}`,
      }),
    );
  const swapped = Object.fromEntries(
    Object.entries(registryMirrors).map(([name, url]) => [
      name,
      { endpoints: [name === 'gcr.io' ? (registryMirrors['ghcr.io'] ?? '') : url] },
    ]),
  );
  control(
    equal("gcr.io with ghcr.io's port, by the same code", {
      expected: `gcr.io: ${registryMirrors['ghcr.io']}`,
      saw: wrongMirrors(registryMirrors, swapped).join('; '),
      vantage: 'this check',
    }),
  );
});

/** Register: a mirror may have to ask upstream first. */
const mirrorSeconds = 5;

/** A port of the mirrors' host that the guide does not name. */
const noMirrorPort = 2099;

check(requirements['NET-MIRRORS-REACHABLE'], async ({ cluster, observe, control, signal }) => {
  const { registryMirrors, nodes } = cluster.documented;
  const urls = Object.values(registryMirrors).map((url) => `${url}/v2/`);
  const tried = await Promise.all(
    nodes.map(async ({ name }) => ({
      name,
      outcomes: await cluster.probe(
        { host: name },
        [
          ...urls.map((url) => ({ kind: 'http' as const, url, withinSeconds: mirrorSeconds })),
          { kind: 'tcp', host: 'registry.vaheed.net', port: noMirrorPort },
        ],
        signal,
      ),
    })),
  );
  for (const { name, outcomes } of tried) {
    for (const [index, url] of urls.entries()) {
      const outcome = outcomes[index];
      // The OCI distribution specification: 200, or 401 when it wants to know who asks. A certificate that is not valid is no answer.
      observe({
        subject: url,
        vantage: name,
        expected: 'a valid certificate and 200 or 401',
        saw: outcome?.kind === 'answered' ? String(outcome.status) : (outcome?.kind ?? 'not tried'),
        held: outcome?.kind === 'answered' && [200, 401].includes(outcome.status),
      });
    }
    const other = outcomes.at(-1);
    control({
      subject: `registry.vaheed.net:${noMirrorPort}, where nothing is`,
      vantage: name,
      expected: 'no connection',
      saw: other?.kind ?? 'not tried',
      held: other !== undefined && !reached(other),
    });
  }
});

/** Small, one of each registry that has a mirror. */
const images = [
  'docker.io/library/busybox:1.36.0',
  'gcr.io/distroless/static-debian12:nonroot',
  'ghcr.io/stefanprodan/podinfo:6.5.0',
  'quay.io/prometheus/busybox:glibc',
  'registry.k8s.io/pause:3.5',
];
/** By way of a mirror that has to fetch them first. */
const pulledMs = 120_000;
const upstreamHosts = ['registry-1.docker.io', 'gcr.io', 'ghcr.io', 'quay.io', 'registry.k8s.io'];

check(requirements['NET-MIRRORS-PULL'], async ({ cluster, changes, observe, control, signal }) => {
  const workers = cluster.documented.nodes.filter(({ role }) => role === 'worker');
  const run = nonce();
  const upstream = await Promise.all(
    workers.map(async ({ name }) => ({
      name,
      outcomes: await cluster.probe(
        { host: name },
        upstreamHosts.map((host) => ({ kind: 'tcp', host, port: 443 })),
        signal,
      ),
    })),
  );
  // Where upstream answers, a pull proves nothing of the mirrors (E64): the gateway has to keep it away first.
  for (const { name, outcomes } of upstream)
    control(
      noneOf('upstream registries that answer directly', {
        saw: upstreamHosts.filter((_, index) => outcomes[index] !== undefined && reached(outcomes[index])),
        vantage: name,
      }),
    );
  const pods = workers.flatMap(({ name: node }) =>
    images.map((image, index) => ({ node, image, name: `conform-pull-${run}-${node}-${index}` })),
  );
  await Promise.all(
    pods.map(({ node, image, name }) =>
      changes.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', labels: { 'conform-pull': run } },
        spec: {
          nodeName: node,
          terminationGracePeriodSeconds: 0,
          restartPolicy: 'Never',
          containers: [{ name: 'pulled', image, imagePullPolicy: 'Always' }],
        },
      }),
    ),
  );
  const pulled = await pulledImages(cluster, run, pods.length, signal);
  for (const { node, image, name } of pods)
    observe({
      subject: `pull of ${image}`,
      vantage: node,
      expected: 'an image with a digest',
      saw: pulled.get(name) ?? 'no pod',
      held: pulled.get(name)?.includes('sha256:') === true,
    });
});

/** By pod: the image's ID, or why there is none by the end of the time. Whether it then runs is another matter: not every image has a program. */
async function pulledImages(
  { kubernetes }: Cluster,
  run: string,
  count: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  let seen = new Map<string, string>();
  await until(`${count} images to be pulled`, { timeoutMs: pulledMs, everyMs: 1000, signal }, async () => {
    const { items } = await kubernetes.core.listNamespacedPod({ namespace: 'default', labelSelector: `conform-pull=${run}` });
    seen = new Map(
      items.map(({ metadata, status }) => {
        const [container] = status?.containerStatuses ?? [];
        return [
          metadata?.name ?? '',
          container?.imageID || `${container?.state?.waiting?.reason ?? 'not begun'} ${container?.state?.waiting?.message ?? ''}`.trim(),
        ];
      }),
    );
    const missing = count - [...seen.values()].filter((text) => text.includes('sha256:')).length;
    return missing === 0 ? { done: undefined } : { notYet: `${missing} are missing` };
  }).catch((error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
  });
  return seen;
}
