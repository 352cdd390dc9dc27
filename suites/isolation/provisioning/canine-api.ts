import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { atWorkstation } from './guide-script.ts';

type ApiContext = Pick<CheckContext, 'cluster' | 'signal'>;

/** Guide, Step 7: its reader replaces this by a key of the dashboard; it is the only "key" where nobody made one. */
const placeholder = 'your-admin-api-token-here';

/** The administrator's API key, from the Secret that canine-onboarding.sh keeps it in. */
export async function adminKey({ cluster, signal }: ApiContext): Promise<string> {
  const secret = await cluster.kubernetes.raw.read(
    { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'canine', name: 'canine-admin-api-key' } },
    signal,
  );
  const key = (secret as { data?: { key?: string } } | undefined)?.data?.key;
  return key === undefined ? placeholder : Buffer.from(key, 'base64').toString();
}

/** An answer of Canine's REST API. */
export interface CanineAnswer {
  readonly status: number;
  /** Undefined when it was no JSON. */
  readonly body: unknown;
}

/** One request to Canine's REST API, as the guide's reader makes it; the key is on no command line. Throws when nobody answers. */
export async function callCanine(context: ApiContext, method: 'GET' | 'POST', path: string): Promise<CanineAnswer> {
  const { cluster, signal } = context;
  const url = `http://${cluster.documented.services.canine.hostname}/api/v1/${path}`;
  const key = `header = "X-API-Key: ${await adminKey(context)}"\nheader = "Accept: application/json"\n`;
  const { code, stdout, stderr } = await cluster.runAsReader(
    ['curl', '-q', '-sS', '--max-time', '20', '--config', '-', '--request', method, '--write-out', '\n%{http_code}', url],
    signal,
    key,
  );
  if (code !== 0) throw new Error(`Canine does not answer at ${url}: ${stderr.trim()}`);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), body: parsed(stdout.slice(0, end)) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The account that the key belongs to, or why there is none to be told. */
export async function accountOf(context: ApiContext): Promise<string> {
  const { status, body } = await callCanine(context, 'GET', 'me');
  return (body as { current_account?: { slug?: string } } | undefined)?.current_account?.slug ?? `none: /me answered ${status}`;
}

export interface CanineProject {
  readonly name: string;
  readonly namespace: string;
}

/** The projects of the key's account; none where Canine does not know the key. */
export async function projectsOf(context: ApiContext): Promise<readonly CanineProject[]> {
  const { body } = await callCanine(context, 'GET', 'projects');
  return (body as { projects?: CanineProject[] } | undefined)?.projects ?? [];
}

/** An answer of Canine's with this status. */
export function answered(subject: string, { status, body }: CanineAnswer, expected = 200): Measured {
  return {
    subject,
    vantage: atWorkstation,
    expected: `HTTP ${expected}`,
    saw: status === expected ? `HTTP ${status}` : `HTTP ${status}: ${JSON.stringify(body)}`,
    held: status === expected,
    raw: body,
  };
}
