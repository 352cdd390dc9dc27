import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { machineService, methodOf } from '../../../harness/platform/talos/definitions.ts';
import type { Answer, VersionMessage } from '../../../harness/platform/talos/messages.ts';
import type { TalosContext } from '../../../harness/platform/talos/talosconfig.ts';
import { shellCommand } from '../../../harness/probe/shell-words.ts';

const program = readFileSync(join(import.meta.dirname, 'version-from.sh'), 'utf8');

/** A node's answer to a call of its Talos API from a host, or curl's reason why there is none. */
export type VersionAnswer = { readonly kind: 'answered'; readonly version: string } | { readonly kind: 'none'; readonly text: string };

/** Exit codes of curl that say nothing about the peer: usage, a missing feature, files and keys of our own (curl.1, EXIT CODES). */
const ownFailures = [1, 2, 3, 4, 23, 26, 27, 43, 58, 59, 66, 77];
const reasons: Readonly<Record<number, string>> = {
  7: 'no connection',
  28: 'silence',
  35: 'no TLS',
  56: 'cut off',
  60: 'another certificate',
};

/**
 * Calls the Talos API of nodes from a host with a caller's certificate, each at its own endpoint, ADDRESS:PORT. Throws when the
 * host could not call at all. The order is that of the endpoints.
 */
export async function versionsFrom(
  cluster: Pick<Cluster, 'runAt'>,
  { host, caller, endpoints }: { readonly host: string; readonly caller: TalosContext; readonly endpoints: readonly string[] },
  signal: AbortSignal,
): Promise<VersionAnswer[]> {
  const credential = [caller.ca, caller.certificate, caller.key?.reveal()].map((each) => Buffer.from(each ?? '').toString('base64'));
  const output = await cluster.runAt(host, shellCommand(program, endpoints), signal, `${credential.join('\n')}\n`);
  const answers = new Map(output.split('\n').map((line) => [line.split(' ')[0] ?? '', line]));
  return endpoints.map((endpoint) => versionAnswer(answers.get(endpoint) ?? ''));
}

/** Reads a line of the program. Throws when it says that the program itself did not work. */
export function versionAnswer(line: string): VersionAnswer {
  const [endpoint, code, body = ''] = line.split(' ');
  if (endpoint === '' || code === undefined) throw new Error(`the program that calls the Talos API said nothing of an endpoint: ${line}`);
  if (ownFailures.includes(Number(code))) throw new Error(`curl could not call the Talos API at ${endpoint}: exit code ${code}`);
  if (code !== '0') return { kind: 'none', text: reasons[Number(code)] ?? `curl's exit code ${code}` };
  const message = Buffer.from(body, 'base64').subarray(prefixBytes);
  if (message.length === 0) return { kind: 'none', text: 'an answer without a version' };
  const { messages } = methodOf(machineService, 'Version').responseDeserialize(message) as Answer<VersionMessage>;
  return { kind: 'answered', version: messages[0]?.version.tag ?? 'none' };
}

/** Of a message: compression and length (gRPC over HTTP/2). */
const prefixBytes = 5;
