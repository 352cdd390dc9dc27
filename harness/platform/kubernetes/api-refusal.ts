import { ApiException } from '@kubernetes/client-node';
import { Refusal } from '../../engine/changes/objects.ts';

/** A Status object of the API, as far as an error tells of it (Kubernetes API conventions: Response Status Kind). */
interface StatusText {
  readonly reason: string;
  readonly message: string;
}

/** Longer bodies that are no Status are pages of a proxy. */
const mostCharacters = 300;

/** An answer of the API that is none of the expected ones. */
export class ApiRefusal extends Refusal {
  override readonly name = 'ApiRefusal';
  /** The API's own words; empty when it gave none. */
  readonly statement: string;

  constructor(what: string, { status, body }: { readonly status: number; readonly body: unknown }) {
    const { reason, message } = statusText(body);
    super(`${what}: ${answerText(status, message)}`, { code: status, reason });
    this.statement = message;
  }
}

/** An API server's refusal in one line; undefined for any other error. Never throws, whatever the body is. */
export function refusalText(error: unknown): string | undefined {
  if (error instanceof ApiRefusal) return answerText(error.code, error.statement);
  if (error instanceof ApiException) return answerText(error.code, statusText(error.body).message);
  return undefined;
}

/** Whether the API answered that there is no such object. */
export function isNotFound(error: unknown): boolean {
  return (error instanceof ApiRefusal || error instanceof ApiException) && error.code === 404;
}

/** What a body says of an error: a Status object, parsed or not, or the text of one that knows no Status. */
export function statusText(body: unknown): StatusText {
  const text = textOf(body);
  const status = text === undefined ? body : (parsedJson(text) ?? { message: text.trim().slice(0, mostCharacters) });
  const { reason, message } = (status ?? {}) as { reason?: unknown; message?: unknown };
  return { reason: typeof reason === 'string' ? reason : '', message: typeof message === 'string' ? message : '' };
}

function textOf(body: unknown): string | undefined {
  if (Buffer.isBuffer(body)) return body.toString();
  return typeof body === 'string' ? body : undefined;
}

/** Undefined for a text that is no JSON object, as `404 page not found` or a Status that was cut off. */
function parsedJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function answerText(code: number, message: string): string {
  return `the API answered ${code}${message === '' ? '' : `: ${message}`}`;
}
