import type { Exchange } from './exchange.ts';
import { statusText } from './api-refusal.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, for example `/api/v1/namespaces/default/pods?dryRun=All`. */
  readonly path: string;
  readonly body?: object;
  /** Of the body; a PATCH is a JSON merge patch (RFC 7386) unless it says otherwise. */
  readonly contentType?: string;
  /** Beside those that every request has, for example `Impersonate-User`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the API server answered, whatever that was. */
export interface ApiAnswer {
  readonly status: number;
  /** The parsed JSON, or the text itself where it is none. */
  readonly body: unknown;
  /** The message of a Status object, else empty. */
  readonly message: string;
}

/** Sends one request. Throws when there is no answer. */
export async function sendRequest(
  exchange: Exchange,
  { method, path, body, contentType, headers }: ApiRequest,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await exchange(
    {
      method,
      path,
      headers: { ...headers, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': type }) },
      ...content,
    },
    signal,
  );
  return { status: answer.status, ...parsed(answer.body.toString()) };
}

function parsed(answer: string): { body: unknown; message: string } {
  try {
    const body: unknown = JSON.parse(answer);
    return { body, message: statusText(body).message };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { body: answer, message: statusText(answer).message };
  }
}
