import { promised } from '../../guide/limits.ts';
import { lateIf, noneOf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { mayBeLate } from '../../harness/probe/outcome.ts';
import type { Target } from '../../harness/probe/probe.ts';
import { outcomeText, reached } from '../../harness/probe/probe.ts';
import { check } from '../fixtures/check.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { worked } from '../../harness/probe/worked.ts';
import { machineConfigurations, ownConfiguration } from './machine-configurations.ts';
import { wrongMirrors } from './registry-mirrors.ts';
import { requirements } from './requirements.ts';

check(requirements['NET-MIRRORS-CONFIG'], async ({ cluster, observe, control }) => {
  for (const configured of await machineConfigurations(cluster)) {
    const { name, machine } = configured;
    observe(
      noneOf(`registries whose mirror on ${name} is not the documented one`, {
        saw: wrongMirrors(cluster.documented.registryMirrors, machine.registries?.mirrors ?? {}),
        vantage: `Talos API of ${name}`,
      }),
    );
    control(ownConfiguration(configured));
  }
});

/** A port of the mirrors' host that the guide does not name. */
const noMirrorPort = 2099;
/** The OCI distribution specification: 200, or 401 when it wants to know who asks. */
const registryAnswers = [200, 401];

check(requirements['NET-MIRRORS-REACHABLE'], async ({ cluster, observe, control, signal }) => {
  const { registryMirrors, nodes } = cluster.documented;
  const urls = Object.values(registryMirrors).map((url) => `${url}/v2/`);
  const hosts = [...new Set(urls.map((url) => new URL(url).hostname))];
  const withinSeconds = promised.network.mirrorAnswersMs / 1000;
  const targets: Target[] = [
    ...urls.map((url) => ({ kind: 'http' as const, url, withinSeconds })),
    ...hosts.map((host) => ({ kind: 'tcp' as const, host, port: noMirrorPort })),
  ];
  const tried = await Promise.all(
    nodes.map(async ({ name }) => ({ name, outcomes: await cluster.probe({ host: name }, targets, signal) })),
  );
  for (const { name, outcomes } of tried) {
    for (const [index, url] of urls.entries()) {
      const outcome = worked(outcomes[index]);
      // A certificate that is not valid is no answer.
      observe({
        subject: `${url} from ${name}`,
        vantage: name,
        expected: 'a valid certificate and 200 or 401',
        saw: outcomeText(outcome),
        held: outcome.kind === 'answered' && registryAnswers.includes(outcome.status),
        ...lateIf(mayBeLate(outcome)),
      });
    }
    control(
      noneOf(`mirrors' hosts that connect on port ${noMirrorPort}, where nothing is, from ${name}`, {
        saw: hosts.filter((_, index) => reached(worked(outcomes[urls.length + index]))),
        vantage: name,
      }),
    );
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
const upstreamHosts = ['registry-1.docker.io', 'gcr.io', 'ghcr.io', 'quay.io', 'registry.k8s.io'];

check(requirements['NET-MIRRORS-PULL'], async ({ cluster, changes, observe, control, signal }) => {
  const workers = workerNames(cluster);
  const run = nonce();
  const direct = upstreamHosts.map((host): Target => ({ kind: 'tcp', host, port: 443 }));
  const upstream = await Promise.all(
    workers.map(async (name) => ({ name, outcomes: await cluster.probe({ host: name }, direct, signal) })),
  );
  // Where upstream answers, a pull proves nothing of the mirrors (E64): the gateway has to keep it away first.
  for (const { name, outcomes } of upstream)
    control(
      noneOf(`upstream registries that answer ${name} directly`, {
        saw: upstreamHosts.filter((_, index) => reached(worked(outcomes[index]))),
        vantage: name,
      }),
    );
  const pods = workers.flatMap((node) => images.map((image, index) => ({ node, image, name: `conform-pull-${run}-${node}-${index}` })));
  await Promise.all(
    pods.map(({ node, image, name }) =>
      changes.createFrom(`${import.meta.dirname}/pulled-pod.yaml`, { NAME: name, NODE: node, IMAGE: image, RUN: run }),
    ),
  );
  const pulled = await pulledImages(cluster, { run, count: pods.length }, signal);
  for (const { node, image, name } of pods)
    observe({
      subject: `pull of ${image} on ${node}`,
      vantage: node,
      expected: 'an image with a digest',
      saw: pulled.get(name) ?? 'no pod',
      held: pulled.get(name)?.includes('sha256:') === true,
    });
});

/** By pod: the image's ID, or why there is none by the end of the time. Whether it then runs is another matter: not every image has a program. */
async function pulledImages(
  { kubernetes }: Cluster,
  { run, count }: { run: string; count: number },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  let seen = new Map<string, string>();
  try {
    await until(`${count} images to be pulled`, { timeoutMs: patience('imagePulled'), everyMs: 1000, signal }, async () => {
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
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
  }
  return seen;
}
