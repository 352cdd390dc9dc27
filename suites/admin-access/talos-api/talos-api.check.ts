import { attempt } from '../../../harness/engine/attempt.ts';
import { check } from '../../fixtures/check.ts';
import { connectTalos } from '../../../harness/platform/talos/client.ts';
import { Secret } from '../../../harness/platform/talos/secret.ts';
import { TalosError } from '../../../harness/platform/talos/talos-error.ts';
import { parseTalosconfig, readTalosconfig } from '../../../harness/platform/talos/talosconfig.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { startEchoGroup } from '../../fixtures/echo-group.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { startListener } from '../../../harness/probe/listener.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import type { Target } from '../../../harness/probe/probe.ts';
import { allowed, anchor, denied, every, targetsLike } from '../../fixtures/cells.ts';
import { controlPlanes, nth, pings, workers } from '../documented-nodes.ts';
import { foreignCredential } from '../foreign-credential.ts';
import { requirements } from '../requirements.ts';
import { admins, neighbours, outsiders } from '../vantages.ts';

/** An address of the LAN that nobody has (guide: Network Reference lists all that are taken). */
const unusedAddress = '192.168.29.99';
/** Guide: Port Reference. */
const apiPort = 50_000;
/** trustd's, on control planes alone; the firewall's range has it on every node. */
const trustdPort = 50_001;
const whichRule = async (): Promise<string> =>
  'talosctl -n NODE get nftableschain ingress -o yaml; talosctl -n NODE get mc v1alpha1 -o yaml: the documents NetworkDefaultActionConfig and NetworkRuleConfig (E06)';

check(
  requirements['ADM-TALOS-ALLOW'],
  async (context) => {
    const { cluster, observe, control, signal } = context;
    const { nodes, versions } = cluster.documented;
    context.hint(whichRule);
    const matrix = await connectionMatrix();
    await readCells(context, matrix, every(matrix, admins, targetsLike(matrix, /^\w+:50000$/), allowed));
    const via = nth(controlPlanes(cluster), 0);
    const ways = nodes.flatMap(({ name, address }) => [
      { name, address, endpoint: address },
      ...(name === via.name ? [] : [{ name, address, endpoint: via.address }]),
    ]);
    const told = async (way: (typeof ways)[number]): Promise<string> =>
      withTalos(
        cluster,
        async (talos) => {
          const node = talos.node(way.endpoint === way.address ? undefined : way.address);
          const [{ version }, hostname] = await Promise.all([node.version(), node.hostname()]);
          return `${version.tag} of ${hostname}`;
        },
        { endpoints: [way.endpoint] },
      );
    // A connection that was reset is tried once more: a firewall that keeps it away does so each time.
    const answers = await Promise.all(
      ways.map(async (way) =>
        told(way)
          .catch(async () => told(way))
          .then(
            (saw) => ({ saw, isLate: false }),
            (error: unknown) => {
              signal.throwIfAborted();
              return {
                saw: error instanceof Error ? error.message : String(error),
                isLate: error instanceof TalosError && error.kind === 'deadline',
              };
            },
          ),
      ),
    );
    for (const [index, { name, address, endpoint }] of ways.entries()) {
      const answer = answers[index];
      observe({
        ...equal(`version and name of ${address}`, { expected: `${versions.talos} of ${name}`, saw: answer?.saw ?? 'not asked' }),
        vantage: `admin, at ${endpoint}`,
        ...lateIf(answer?.isLate === true),
      });
    }
    const nobody = await attempt(signal, () =>
      withTalos(cluster, (talos) => talos.node(unusedAddress).version(), { endpoints: [via.address] }),
    );
    control({
      subject: `version of ${unusedAddress}, which nobody has`,
      vantage: `admin, at ${via.address}`,
      expected: 'no answer',
      saw: nobody.kind === 'done' ? 'an answer' : nobody.text,
      held: nobody.kind === 'failed',
    });
  },
  { uses: ['connection-matrix'] },
);

check(
  requirements['ADM-TALOS-DENY'],
  async (context) => {
    const { nodes } = context.cluster.documented;
    context.hint(whichRule);
    const matrix = await connectionMatrix();
    // trustd listens on control planes alone; on workers the firewall must hide that nobody does.
    const trustd = controlPlanes(context.cluster).map(({ name }) => `${name}:50001`);
    const all = targetsLike(matrix, /^\w+:5000[01]$/);
    await readCells(context, matrix, [
      ...every(matrix, [...outsiders, ...neighbours], all, denied),
      ...every(matrix, ['admin'], [...targetsLike(matrix, /^\w+:50000$/), ...trustd], anchor),
      ...every(matrix, ['outsider', ...neighbours], ['lan server'], anchor),
      ...every(matrix, ['lan'], ['admin server'], anchor),
    ]);
    for (const { name } of workers(context.cluster))
      context.control(
        equal(`${name}:50001, where nobody listens`, {
          expected: 'refused',
          saw: matrix.outcome('admin', `${name}:50001`).kind,
          vantage: 'admin',
        }),
      );
    await connections(context, pings(nodes, outsiders));
  },
  { uses: ['connection-matrix'] },
);

/** Guide: Network Requirements, first and last port of the range, and one between. */
const listenerPorts = [50_500, 51_000];
const listensAtMostSeconds = 40;

check(requirements['ADM-TALOS-RANGE-EDGES'], async (context) => {
  const { cluster, signal } = context;
  context.hint(whichRule);
  const node = nth(workers(cluster), 2);
  const [elsewhere, ...listeners] = await Promise.all([
    startListener(cluster, 'lan', { port: nthPort(1), maxSeconds: listensAtMostSeconds }, signal),
    ...listenerPorts.map((port) => startListener(cluster, node.name, { port, maxSeconds: listensAtMostSeconds }, signal)),
  ]);
  try {
    const targets = [apiPort, ...listenerPorts].map((port): { to: Target; name: string } => ({
      to: { kind: 'tcp', host: node.address, port },
      name: node.name,
    }));
    await connections(context, [
      ...targets.flatMap((target): Connection[] => [
        { role: 'observation', from: { host: 'admin' }, ...target, expect: 'reached' },
        ...outsiders.map((host): Connection => ({ role: 'observation', from: { host }, ...target, expect: 'denied' })),
        // Whatever becomes of the others: the servers do listen.
        { role: 'control', from: { host: node.name }, ...target, expect: 'reached' },
      ]),
      {
        role: 'control',
        from: { host: 'outsider' },
        to: { kind: 'tcp', host: elsewhere.address, port: elsewhere.port },
        name: 'the same port of a host without a firewall',
        expect: 'reached',
      },
      {
        role: 'control',
        from: { host: 'admin' },
        to: { kind: 'tcp', host: elsewhere.address, port: elsewhere.port },
        name: 'the same port of a host without a firewall',
        expect: 'reached',
      },
      ...pings([node], outsiders),
    ]);
  } finally {
    await Promise.all([elsewhere, ...listeners].map((listener) => listener.stop()));
  }
});

function nthPort(index: number): number {
  return listenerPorts[index] ?? apiPort;
}

check(requirements['ADM-TALOS-TENANT-DENY'], async (context) => {
  const { cluster, changes } = context;
  context.hint(
    async () =>
      'kubectl get globalnetworkpolicy deny-tenant-to-platform-egress -o yaml: does it deny the nodes (E95)? Their firewall takes a pod of another node for that node',
  );
  const { namespace } = await scratchTenant(context);
  await changes.createFrom(`${import.meta.dirname}/open-egress.yaml`, { NAMESPACE: namespace });
  const { pods } = await startEchoGroup(context, { namespace });
  const at = (nodes: readonly { readonly name: string; readonly address: string }[], port: number) =>
    nodes.map(({ name, address }): Pick<Connection, 'name' | 'to'> => ({ name, to: { kind: 'tcp', host: address, port } }));
  const silent = at(workers(cluster), trustdPort);
  const listening = [...at(cluster.documented.nodes, apiPort), ...at(controlPlanes(cluster), trustdPort)];
  const tried = (from: Connection['from'], targets: typeof listening, is: Pick<Connection, 'role' | 'expect'>): Connection[] =>
    targets.map((target) => ({ ...is, ...target, from }));
  const outcomes = await connections(context, [
    ...tried({ host: 'admin' }, silent, { role: 'control', expect: 'not-reached' }),
    ...pods.flatMap(({ place }) => [
      ...tried(place, [...listening, ...silent], denied),
      {
        role: 'control' as const,
        from: place,
        to: { kind: 'http' as const, url: 'http://example.com/' },
        name: 'a host of the internet',
        expect: { status: 200 },
      },
    ]),
    ...tried({ host: 'admin' }, listening, anchor),
  ]);
  context.control(
    equal(`port ${trustdPort} of the workers, where nobody listens`, {
      expected: ['refused'],
      saw: [...new Set(outcomes.slice(0, silent.length).map(({ kind }) => kind))],
      vantage: 'admin',
    }),
  );
});

check(requirements['ADM-TALOS-AUTH'], async ({ cluster, observe, control, signal }) => {
  const { nodes } = cluster.documented;
  const own = await readTalosconfig(cluster.descriptor.talosconfig ?? '');
  const foreign = await foreignCredential({ commonName: 'admin', organization: 'os:admin' });
  const callers = [
    { who: 'without a certificate', context: { ...own, certificate: undefined, key: undefined } },
    {
      who: 'with a certificate of another authority for os:admin',
      context: { ...own, certificate: foreign.certificate, key: new Secret(foreign.key) },
    },
  ];
  const reader = parseTalosconfig(
    (
      await withTalos(cluster, (talos) => talos.node().talosconfigFor(['os:reader'], 600), {
        endpoints: [nth(controlPlanes(cluster), 0).address],
      })
    ).reveal(),
  );
  const ask = async <T>(
    context: typeof own,
    address: string,
    call: (talos: ReturnType<typeof connectTalos>) => Promise<T>,
  ): Promise<string> => {
    using talos = connectTalos(context, { endpoints: [address], timeoutMs: 15_000 });
    return await call(talos).then(
      () => 'answered',
      (error: unknown) => failureOf(error, signal),
    );
  };
  await Promise.all(
    nodes.map(async ({ name, address }) => {
      const version = (context: typeof own): Promise<string> => ask(context, address, (talos) => talos.node().version());
      const [refused, byReader, byAdmin] = await Promise.all([
        Promise.all(callers.map(({ context }) => version(context))),
        version(reader),
        version(own),
      ]);
      for (const [index, { who }] of callers.entries())
        observe({
          subject: `version of ${name} ${who}`,
          vantage: 'admin',
          expected: 'no TLS: certificate-refused or the connection ended',
          saw: refused[index] ?? 'not tried',
          held: ['certificate-refused', 'unreachable'].includes(refused[index] ?? ''),
          ...lateIf(refused[index] === 'deadline'),
        });
      control(equal(`version of ${name} with the talosconfig`, { expected: 'answered', saw: byAdmin, vantage: 'admin' }));
      control(equal(`version of ${name} with the role os:reader`, { expected: 'answered', saw: byReader, vantage: 'admin' }));
      // What a reboot needs (os:operator), for a service that does not exist: were it allowed, nothing would come of it.
      const [restart, file] = await Promise.all([
        ask(reader, address, (talos) => talos.node().restartService('conform-no-such-service')),
        ask(reader, address, (talos) => talos.node().read('/etc/os-release')),
      ]);
      observe({
        ...equal(`restart of a service of ${name} with the role os:reader`, {
          expected: 'permission-denied',
          saw: restart,
          vantage: 'admin',
        }),
        ...lateIf(restart === 'deadline'),
      });
      observe({
        ...equal(`a file of ${name} with the role os:reader`, { expected: 'permission-denied', saw: file, vantage: 'admin' }),
        ...lateIf(file === 'deadline'),
      });
    }),
  );
});

/** A call that the API did not take is an outcome; anything else is no answer to the question. */
function failureOf(error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted();
  if (error instanceof TalosError) return error.kind;
  throw error;
}
