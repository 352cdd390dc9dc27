import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Talos, connectTalos } from '../../../harness/platform/talos/client.ts';
import { TalosError } from '../../../harness/platform/talos/talos-error.ts';
import { type TalosContext, readTalosconfig } from '../../../harness/platform/talos/talosconfig.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { check } from '../check.ts';
import { foreignCredential } from '../foreign-credential.ts';
import { requirements } from '../requirements.ts';
import { workstation } from '../vantages.ts';
import { apiPort } from './range.ts';
import { readerOf } from './reader.ts';
import { type TlsAnswer, type TlsCaller, tlsAnswer } from './tls-answer.ts';

check(requirements['ADM-TALOS-AUTH'], async (context) => {
  const { cluster } = context;
  const own = await readTalosconfig(cluster.descriptor.talosconfig ?? '');
  const [reader, foreign] = await Promise.all([readerOf(context), foreignCredential({ commonName: 'admin', organization: 'os:admin' })]);
  await Promise.all(
    cluster.documented.nodes.flatMap((node) => [
      admitsOnlyItsOwn(context, node, { own, foreign }),
      readersMayOnlyRead(context, node, { own, reader }),
    ]),
  );
});

interface Node {
  readonly name: string;
  readonly address: string;
}

interface Callers {
  readonly own: TalosContext;
  readonly foreign: Pick<TlsCaller, 'certificate' | 'key'>;
}

/** The API's answer to three callers: to nobody, to somebody whom another authority names os:admin, and to its administrator. */
async function admitsOnlyItsOwn(
  { control, observe, signal }: CheckContext,
  { name, address }: Node,
  { own, foreign }: Callers,
): Promise<void> {
  const answer = async (caller: Pick<TlsCaller, 'certificate' | 'key'>): Promise<TlsAnswer> =>
    tlsAnswer({ address, port: apiPort, ca: own.ca, ...caller }, signal);
  const [byNobody, byForeigner, byAdmin] = await Promise.all([
    answer({}),
    answer(foreign),
    answer({ certificate: own.certificate, key: own.key?.reveal() }),
  ]);
  const text = (given: TlsAnswer): string => (given.kind === 'refused' ? `refused: ${given.how}` : given.kind);
  const refused = (who: string, given: TlsAnswer): void =>
    observe({
      subject: `TLS with ${name} ${who}`,
      vantage: workstation.name,
      expected: 'refused',
      saw: text(given),
      held: given.kind === 'refused',
    });
  refused('without a certificate', byNobody);
  refused('with a certificate of another authority for os:admin', byForeigner);
  control(equal(`TLS with ${name} with the talosconfig`, { expected: 'admitted', saw: text(byAdmin), vantage: workstation.name }));
}

/** The role os:reader reads the version, and neither restarts anything nor reads a file; the administrator reads that file. */
async function readersMayOnlyRead(
  { control, observe }: CheckContext,
  { name, address }: Node,
  { own, reader }: { readonly own: TalosContext; readonly reader: TalosContext },
): Promise<void> {
  const vantage = workstation.name;
  const file = '/etc/os-release';
  const ask = (caller: TalosContext, call: (talos: Talos) => Promise<unknown>): Promise<string> => asked(address, caller, call);
  const [version, restart, read, readByAdmin] = await Promise.all([
    ask(reader, (talos) => talos.node().version()),
    // A reboot needs the same role (os:operator). The service does not exist: were it allowed, nothing would come of it.
    ask(reader, (talos) => talos.node().restartService('conform-no-such-service')),
    ask(reader, (talos) => talos.node().read(file)),
    ask(own, (talos) => talos.node().read(file)),
  ]);
  observe(equal(`restart of a service of ${name} with the role os:reader`, { expected: 'permission-denied', saw: restart, vantage }));
  observe(equal(`a file of ${name} with the role os:reader`, { expected: 'permission-denied', saw: read, vantage }));
  control(equal(`version of ${name} with the role os:reader`, { expected: 'answered', saw: version, vantage }));
  control(equal(`that file of ${name} with the talosconfig`, { expected: 'answered', saw: readByAdmin, vantage }));
}

/** A refusal is an answer; a node that gives none could not be looked at. */
async function asked(address: string, caller: TalosContext, call: (talos: Talos) => Promise<unknown>): Promise<string> {
  using talos = connectTalos(caller, { endpoints: [address], timeoutMs: patience('answer') });
  try {
    await call(talos);
    return 'answered';
  } catch (error) {
    if (!(error instanceof TalosError) || ['unreachable', 'deadline', 'cancelled'].includes(error.kind)) throw error;
    return error.kind;
  }
}
