import { setTimeout as delay } from 'node:timers/promises';
import { KubeConfig, type V1ConfigMap } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import { type Attempt, attempt } from '../../harness/engine/attempt.ts';
import { atApi, equal, lateIf } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { connectWith, isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { apiPort as talosPort } from '../../harness/platform/talos/channel.ts';
import { readTalosconfig } from '../../harness/platform/talos/talosconfig.ts';
import { shownCertificate } from '../../harness/probe/certificate.ts';
import { atHost, reach } from '../../harness/probe/claims.ts';
import { mayBeLate } from '../../harness/probe/outcome.ts';
import { outcomeText } from '../../harness/probe/probe.ts';
import { worked } from '../../harness/probe/worked.ts';
import { controlPlanes, nth } from '../admin-access/documented-nodes.ts';
import { tlsAnswer } from '../admin-access/talos-api/tls-answer.ts';
import { check } from './check.ts';
import { ofMachine, ofMachines } from './machines.ts';
import { requirements } from './requirements.ts';

const apiPort = 6443;
/** trustd, by which new nodes get certificates (talos.dev: Network Connectivity). */
const trustdPort = 50_001;
/** Within the range that the guide keeps for administrators; nothing of Talos listens there. */
const noPort = 50_002;
const workstation = 'admin workstation';
/** Talos gives the kubelet its local balancer, KubePrism, in place of the endpoint where that is on (talos.dev: KubePrism). */
const localBalancer = ['https://127.0.0.1:7445', 'https://localhost:7445'];
const kubeletFile = '/etc/kubernetes/kubeconfig-kubelet';

check(requirements['NODE-API-ENDPOINT-NAME'], async ({ cluster, observe, control, signal }, { apiReader }) => {
  const { vip, nodes } = cluster.documented;
  const endpoint = `${vip.hostname}:${apiPort}`;
  const withinSeconds = promised.nodes.apiByNameMs / 1000;
  const noName = `conform-no-such-name.${vip.hostname}`;
  const targets = [
    { ...apiReader.get(endpoint, '/readyz'), withinSeconds },
    apiReader.getWithout(endpoint, '/api/v1/namespaces'),
    apiReader.getWithout(`${noName}:${apiPort}`, '/readyz'),
  ];
  const places = ['admin', ...nodes.map(({ name }) => name)];
  const asked = await Promise.all(
    places.map(async (place) => ({
      place,
      resolved: await cluster.runAt(place, ['getent', 'ahostsv4', vip.hostname], signal),
      outcomes: (await cluster.probe({ host: place }, targets, signal)).map(worked),
    })),
  );
  for (const { place, resolved, outcomes } of asked) {
    const [ready, nobody, nowhere] = outcomes;
    if (ready === undefined || nobody === undefined || nowhere === undefined)
      throw new Error(`${place} told fewer outcomes than were asked for`);
    const addresses = [...new Set(resolved.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] ?? []))].filter((each) => each !== '');
    observe(equal(`addresses of ${vip.hostname} at ${place}`, { expected: [vip.address], saw: addresses, vantage: place }));
    observe({
      subject: `https://${endpoint}/readyz from ${place}`,
      vantage: place,
      expected: `200 within ${withinSeconds} s, with a certificate of the cluster`,
      saw: outcomeText(ready),
      held: ready.kind === 'answered' && ready.status === 200,
      ...lateIf(mayBeLate(ready)),
    });
    control({
      subject: `the API by that name from ${place}, without a credential`,
      vantage: place,
      expected: '401 or 403',
      saw: outcomeText(nobody),
      held: nobody.kind === 'answered' && [401, 403].includes(nobody.status),
    });
    control({
      subject: `a name that does not exist, from ${place}`,
      vantage: place,
      expected: 'name-error',
      saw: outcomeText(nowhere),
      held: nowhere.kind === 'name-error',
    });
  }
  const allowed = [`https://${endpoint}`, ...localBalancer];
  for (const { node, vantage, value } of await ofMachines(cluster, nodes, async (machine) =>
    serverOf(configOf((await machine.read(kubeletFile)).toString())),
  ))
    observe({
      subject: `server that the kubelet of ${node.name} asks`,
      vantage,
      expected: allowed.join(' or '),
      saw: value,
      held: allowed.includes(value),
    });
});

/** The server of a kubeconfig, and nothing else of it. */
function serverOf(config: KubeConfig): string {
  return config.getCurrentCluster()?.server ?? 'none';
}

check(requirements['NODE-PORTS-LISTEN'], async ({ cluster, connect, observe, control, signal }) => {
  const { nodes } = cluster.documented;
  const { talosconfig } = cluster.descriptor;
  if (talosconfig === undefined) throw new Error(`provider ${cluster.descriptor.provider} gives no talosconfig`);
  const { ca } = await readTalosconfig(talosconfig);
  // That somebody listens is the promise, so that nobody does is a measurement.
  await Promise.all(
    controlPlanes(cluster).map(async ({ name, address }) => {
      const [ready, trustd] = await Promise.all([
        attempt(signal, async () =>
          String((await cluster.kubernetes.at(address).request({ method: 'GET', path: '/readyz' }, signal)).status),
        ),
        attempt(signal, async () => (await shownCertificate({ address, port: trustdPort }, signal)).issuer),
      ]);
      observe(equal(`/readyz at ${address}:${apiPort}, ${name}`, { expected: '200', saw: textOf(ready), vantage: workstation }));
      observe({
        subject: `trustd at ${address}:${trustdPort}, ${name}`,
        vantage: workstation,
        expected: 'TLS',
        saw: textOf(trustd),
        held: trustd.kind === 'done',
      });
    }),
  );
  await Promise.all(
    nodes.map(async (node) => {
      const told = await attempt(signal, async () => ofMachine(cluster, node, async (machine) => (await machine.version()).version.tag));
      observe({
        subject: `Talos API at ${node.address}:${talosPort}, ${node.name}, with a client certificate`,
        vantage: workstation,
        expected: 'an answer',
        saw: textOf(told),
        held: told.kind === 'done',
      });
      const nobody = await tlsAnswer({ address: node.address, port: talosPort, ca }, signal);
      control({
        subject: `Talos API at ${node.address}:${talosPort}, ${node.name}, without one`,
        vantage: workstation,
        expected: 'refused',
        saw: nobody.kind,
        held: nobody.kind === 'refused',
      });
    }),
  );
  await connect(
    nodes.map(({ name, address }) =>
      reach({
        from: atHost('admin'),
        to: { name: `the Talos API of ${name}`, target: { kind: 'tcp', host: address, port: talosPort } },
        unlike: { name: `port ${noPort} of ${name}`, target: { kind: 'tcp', host: address, port: noPort } },
      }),
    ),
  );
});

function textOf(told: Attempt<string>): string {
  return told.kind === 'done' ? told.value : told.text;
}

/** The parts of a control plane that run as pods (Kubernetes: Components). */
const parts = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
/** A holder renews its Lease every 2 s (Kubernetes: leader election, retry period). */
const renewalMs = 5_000;

check(requirements['NODE-CP-EACH-SERVES'], async (context) => {
  const { cluster, observe, hint, signal } = context;
  hint(async () => 'kubectl -n kube-system get pods -o wide; kubectl get --raw /readyz?verbose at each control plane');
  const { kubernetes } = cluster;
  const { items } = await kubernetes.core.listNamespacedPod({ namespace: 'kube-system' });
  for (const { name, address } of controlPlanes(cluster)) {
    const answer = await kubernetes.at(address).request({ method: 'GET', path: '/readyz?verbose' }, signal);
    const lines = String(answer.body).split('\n');
    observe({
      subject: `/readyz?verbose at ${address}, ${name}`,
      vantage: `API server of ${name}`,
      expected: '200, etcd ok',
      saw: `${answer.status}, ${lines.find((line) => line.includes(']etcd ')) ?? 'nothing about etcd'}`,
      held: answer.status === 200 && lines.includes('[+]etcd ok'),
    });
    const running = items
      .filter((pod) => pod.spec?.nodeName === name && isReady(pod))
      .flatMap(({ spec }) => (spec?.containers ?? []).map((each) => each.name));
    observe(
      equal(`parts of the control plane that are Ready on ${name}`, {
        expected: parts,
        saw: parts.filter((part) => running.includes(part)),
      }),
    );
  }
  for (const { node, vantage, value } of await ofMachines(cluster, controlPlanes(cluster), async (machine) => machine.services())) {
    const etcd = value.find(({ id }) => id === 'etcd');
    observe(equal(`service etcd of ${node.name}`, { expected: 'Running', saw: etcd?.state ?? 'no such service', vantage }));
  }
  await writtenAtOne(context);
  await leasesAdvance(context);
});

/** What is written at one API server is read at every other. */
async function writtenAtOne({ cluster, changes, observe, signal }: CheckContext): Promise<void> {
  const [first, ...others] = controlPlanes(cluster);
  if (first === undefined) throw new Error('the documented cluster has no control plane');
  const value = nonce();
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `conform-serves-${value}`, namespace: 'default' } };
  await changes.expect(ref);
  const written: V1ConfigMap = { ...ref, data: { written: value } };
  await cluster.kubernetes.at(first.address).raw.create(written, signal);
  for (const { name, address } of others) {
    const read: V1ConfigMap | undefined = await cluster.kubernetes.at(address).raw.read(ref, signal);
    observe(
      equal(`an object written at ${first.name}, read at ${name}`, {
        expected: value,
        saw: read?.data?.['written'] ?? 'no such object',
        vantage: `API server of ${name}`,
      }),
    );
  }
}

/** One holder each, who is alive. */
async function leasesAdvance({ cluster, observe, control, signal }: CheckContext): Promise<void> {
  const names = parts.slice(1);
  const read = async (): Promise<{ name: string; holder: string; renewed: number }[]> =>
    Promise.all(
      names.map(async (name) => {
        const { spec } = await cluster.kubernetes.coordination.readNamespacedLease({ namespace: 'kube-system', name });
        return { name, holder: spec?.holderIdentity ?? '', renewed: new Date(spec?.renewTime ?? 0).getTime() };
      }),
    );
  const before = await read();
  await delay(renewalMs, undefined, { signal });
  for (const [index, { name, holder, renewed }] of (await read()).entries()) {
    const owner = controlPlanes(cluster).find((node) => holder.startsWith(`${node.name}_`))?.name ?? holder;
    observe({
      key: `holder of the Lease ${name}`,
      subject: `holder of the Lease ${name}`,
      vantage: atApi,
      expected: 'a control plane',
      saw: owner || 'nobody',
      held: controlPlanes(cluster).some((node) => node.name === owner),
    });
    control({
      subject: `the Lease ${name} after ${renewalMs / 1000} s`,
      vantage: atApi,
      expected: 'renewed',
      saw: renewed > (before[index]?.renewed ?? 0) ? 'renewed' : 'as before',
      held: renewed > (before[index]?.renewed ?? 0),
    });
  }
}

check(requirements['NODE-KUBECONFIG'], async ({ cluster, observe, control, signal }) => {
  const { vip, name } = cluster.documented;
  const server = `https://${vip.hostname}:${apiPort}`;
  const first = nth(controlPlanes(cluster), 0);
  const vantage = `Talos API of ${first.name}`;
  const [one, again] = await ofMachine(cluster, first, async (machine) => [await machine.kubeconfig(), await machine.kubeconfig()]);
  const [config, repeated] = [configOf(one?.reveal() ?? ''), configOf(again?.reveal() ?? '')];
  observe(equal('server of the fetched kubeconfig', { expected: server, saw: serverOf(config), vantage }));
  observe(equal('server of the kubeconfig fetched again', { expected: server, saw: serverOf(repeated), vantage }));
  observe(equal('context of the fetched kubeconfig', { expected: `admin@${name}`, saw: config.getCurrentContext(), vantage }));
  const review = await connectWith(config).request(
    {
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: { spec: { resourceAttributes: { verb: '*', group: '*', resource: '*' } } },
    },
    signal,
  );
  const allowed = (review.body as { status?: { allowed?: boolean } }).status?.allowed;
  observe(equal('whether its bearer may do everything with everything', { expected: '201 true', saw: `${review.status} ${allowed}` }));
  const nobody = await connectWith(withoutUser(config)).request({ method: 'GET', path: '/api/v1/namespaces' }, signal);
  control({
    subject: 'the same API without its client certificate',
    vantage: atApi,
    expected: '401 or 403',
    saw: String(nobody.status),
    held: [401, 403].includes(nobody.status),
  });
});

function configOf(text: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(text);
  return config;
}

function withoutUser(config: KubeConfig): KubeConfig {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig names no cluster');
  const bare = new KubeConfig();
  bare.loadFromClusterAndUser(cluster, { name: 'nobody' });
  return bare;
}
