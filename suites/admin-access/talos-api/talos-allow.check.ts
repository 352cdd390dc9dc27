import type { CheckContext } from '../../../harness/platform/check.ts';
import { TalosError } from '../../../harness/platform/talos/talos-error.ts';
import type { TalosContext } from '../../../harness/platform/talos/talosconfig.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { fromHosts, toKind } from '../../fixtures/matrix-parts.ts';
import { check } from '../check.ts';
import { controlPlanes, nth } from '../documented-nodes.ts';
import { requirements } from '../requirements.ts';
import { admins, oneOfEachKind, workstation } from '../vantages.ts';
import { apiPort, whichRule } from './range.ts';
import { readerOf } from './reader.ts';
import { versionsFrom } from './version-from.ts';

check(requirements['ADM-TALOS-ALLOW'], async (context, { matrix }) => {
  context.hint(whichRule);
  const { nodes } = context.cluster.documented;
  await context.connect([
    matrix.reach({
      from: matrix.sources(fromHosts(...admins), admins.length),
      to: matrix.targets(
        toKind('node', ({ port }) => port === apiPort),
        nodes.length,
      ),
      unlike: matrix.targets(toKind('silent-port'), 1),
    }),
  ]);
  const caller = await readerOf(context);
  await Promise.all([
    ...oneOfEachKind.map((host) => tellsVersionsTo(context, host, caller)),
    ...nodes.map(({ name, address }) => tellsNameVia(context, { name, address })),
  ]);
});

/** Each node at its own address, from a host of an administrator. */
async function tellsVersionsTo({ cluster, observe, control, signal }: CheckContext, host: string, caller: TalosContext): Promise<void> {
  const { nodes, versions, lan } = cluster.documented;
  const endpoints = [...nodes.map(({ address }) => address), lan.unused].map((address) => `${address}:${apiPort}`);
  const answers = await versionsFrom(cluster, { host, caller, endpoints }, signal);
  const saw = answers.map((answer) => (answer.kind === 'answered' ? answer.version : answer.text));
  for (const [index, { name }] of nodes.entries())
    observe({
      ...equal(`version of ${name}, asked at its own address from ${host}`, {
        expected: versions.talos,
        saw: saw[index] ?? '',
        vantage: host,
      }),
      ...lateIf(saw[index] === 'silence'),
    });
  control({
    subject: `version of ${lan.unused}, which nobody has, asked from ${host}`,
    vantage: host,
    expected: 'none',
    saw: saw.at(-1) ?? '',
    held: answers.at(-1)?.kind === 'none',
  });
}

/** A node's own name and version, through the first control plane, as `talosctl -e cp01 -n NODE` asks for it. */
async function tellsNameVia(
  { cluster, observe, control }: CheckContext,
  { name, address }: { readonly name: string; readonly address: string },
): Promise<void> {
  const { versions, lan } = cluster.documented;
  const via = nth(controlPlanes(cluster), 0);
  const told = async (node: string): Promise<string> =>
    withTalos(
      cluster,
      async (talos) => {
        const asked = talos.node(node);
        const [{ version }, hostname] = await Promise.all([asked.version(), asked.hostname()]);
        return `${version.tag} of ${hostname}`;
      },
      { endpoints: [via.address] },
    ).catch(failureText);
  const vantage = `${workstation.name}, by ${via.name}`;
  observe(
    equal(`version and name of ${name}, by ${via.name}`, { expected: `${versions.talos} of ${name}`, saw: await told(address), vantage }),
  );
  if (name !== via.name) return;
  const nobody = await told(lan.unused);
  control({
    subject: `version and name of ${lan.unused}, which nobody has, by ${via.name}`,
    vantage,
    expected: 'no answer',
    saw: nobody,
    held: !nobody.startsWith(versions.talos),
  });
}

/** Who reaches the API is the question, so that nobody answers is an answer; any other failure is thrown on. */
function failureText(error: unknown): string {
  if (error instanceof TalosError) return `${error.kind}: ${error.details}`;
  throw error;
}
