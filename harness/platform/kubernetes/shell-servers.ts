import { errorText } from '../../engine/error-text.ts';
import { TransportFailure } from '../../engine/transport.ts';
import type { PodConnection } from './port-forward.ts';
import { scriptDeadlineMs, waitsAtMostMs } from './shells.ts';

/** Opens a connection to the shell server of a place. */
type Connect = () => Promise<PodConnection>;

/**
 * The longest script that such a server is given, in bytes. It runs a script as one argument of a command, which Linux limits to
 * 131,072 (execve(2), MAX_ARG_STRLEN).
 */
export const longestServedScript = 120_000;

/**
 * Runs scripts by agnhost netexec, whose HTTP server has a shell. A command that the kubelet runs in a container starts some ten
 * processes on its node; a request to a server that runs already starts none but the script's own.
 */
export class ShellServers {
  readonly #waiting = new Map<string, PodConnection[]>();

  /** Opens a connection, so that the next script at this place begins at once. Throws when it cannot be opened. */
  async prepare(place: string, connect: Connect): Promise<void> {
    const connection = await connect();
    this.#waiting.set(place, [...(this.#waiting.get(place) ?? []), connection]);
    setTimeout(() => {
      if (this.#remove(place, connection)) connection.close();
    }, waitsAtMostMs).unref();
  }

  /** What a script printed; throws a TransportFailure when the server did not say, and when the script did not end before the deadline. */
  async run(
    place: string,
    connect: Connect,
    { script, signal }: { readonly script: string; readonly signal: AbortSignal },
  ): Promise<string> {
    const connection = this.#take(place) ?? (await connect());
    const deadline = AbortSignal.timeout(scriptDeadlineMs());
    const body = new URLSearchParams({ cmd: script }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    try {
      const answer = await connection.ask({ method: 'POST', path: '/shell', headers, body }, AbortSignal.any([signal, deadline]));
      return (JSON.parse(answer.body) as { output?: string }).output ?? '';
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.aborted) throw new Error(`the script at ${place} did not end within ${scriptDeadlineMs() / 1000} s`, { cause: error });
      throw new TransportFailure(`the shell server at ${place}: ${errorText(error)}`);
    }
  }

  #take(place: string): PodConnection | undefined {
    const waiting = this.#waiting.get(place) ?? [];
    for (;;) {
      const connection = waiting.pop();
      if (connection === undefined || !connection.isClosed) return connection;
    }
  }

  #remove(place: string, connection: PodConnection): boolean {
    const waiting = this.#waiting.get(place) ?? [];
    const at = waiting.indexOf(connection);
    if (at >= 0) waiting.splice(at, 1);
    return at >= 0;
  }
}
