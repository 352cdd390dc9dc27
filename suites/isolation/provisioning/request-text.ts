import type { LoggedRequest } from './answering-server.ts';

/** A request in words, with some values of its JSON body exchanged. */
export function requestText({ method, path, body }: LoggedRequest, exchanged: Readonly<Record<string, string>> = {}): string {
  return `${method} ${path} ${JSON.stringify(withValues(body, exchanged))}`;
}

/** The fields of a JSON object with some values exchanged; a body that is none as it is. */
function withValues(body: string, exchanged: Readonly<Record<string, string>>): unknown {
  if (body === '') return 'no body';
  try {
    const fields = JSON.parse(body) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? (exchanged[value] ?? value) : value]),
    );
  } catch (error) {
    if (error instanceof SyntaxError) return `not JSON: ${body}`;
    throw error;
  }
}
