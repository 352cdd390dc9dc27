import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { Problem, exitCode } from '../../engine/problem.ts';
import { Secret } from './secret.ts';

const contextFile = z.object({
  endpoints: z.array(z.string()).nullish(),
  nodes: z.array(z.string()).nullish(),
  ca: z.string().nullish(),
  crt: z.string().nullish(),
  key: z.string().nullish(),
});

const talosconfigFile = z.object({ context: z.string().nullish(), contexts: z.record(z.string(), contextFile) });

/** One context of a talosconfig: where its cluster's API is, whom to ask, and the credential. */
export interface TalosContext {
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly nodes: readonly string[];
  /** PEM. */
  readonly ca: string | undefined;
  /** PEM; absent for a caller without a certificate. */
  readonly certificate: string | undefined;
  readonly key: Secret | undefined;
}

/** Reads a talosconfig file; see `parseTalosconfig`. */
export async function readTalosconfig(path: string, context?: string): Promise<TalosContext> {
  return parseTalosconfig(await readFile(path, 'utf8'), context);
}

/** A context of a talosconfig, the current one unless named. Throws a Problem when the text is none or lacks the context. */
export function parseTalosconfig(text: string, context?: string): TalosContext {
  const file = talosconfigFile.safeParse(parse(text));
  if (!file.success) throw unusable('a talosconfig: `context` and `contexts`, each with ca, crt and key', z.prettifyError(file.error));
  const name = context ?? file.data.context ?? '';
  const found = file.data.contexts[name];
  if (found === undefined)
    throw unusable(
      `a context ${name === '' ? 'that is the current one' : name} in the talosconfig`,
      `contexts ${Object.keys(file.data.contexts).join(', ') || 'none'}`,
    );
  const key = decoded(found.key);
  return {
    name,
    endpoints: found.endpoints ?? [],
    nodes: found.nodes ?? [],
    ca: decoded(found.ca),
    certificate: decoded(found.crt),
    key: key === undefined ? undefined : new Secret(openSslKey(key)),
  };
}

function unusable(expected: string, saw: string): Problem {
  return new Problem(exitCode.usage, { expected, saw, next: 'write it anew, as `talosctl gen config` does (guide: Step 4)' });
}

function decoded(base64: string | null | undefined): string | undefined {
  return base64 === null || base64 === undefined || base64 === '' ? undefined : Buffer.from(base64, 'base64').toString();
}

/** Talos marks its PKCS #8 keys with the algorithm (machinery: siderolabs/crypto); OpenSSL knows them without. */
function openSslKey(pem: string): string {
  return pem.replaceAll('ED25519 PRIVATE KEY', 'PRIVATE KEY');
}
