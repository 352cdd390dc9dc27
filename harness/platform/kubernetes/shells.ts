import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, type Readable, Writable } from 'node:stream';
import { patient } from '../../engine/patience.ts';
import { TransportFailure } from '../../engine/transport.ts';

/** What a shell reads and where it prints; `ended` is called when it is there no more. */
interface ShellStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  ended(): void;
}

/** Starts a shell; throws when there is no way to its place. */
export type OpenShell = (streams: ShellStreams) => Promise<{ close(): void }>;

/** A script that has not ended after this time is given up: on a quiet machine ten times a probe's time-out. */
export function scriptDeadlineMs(): number {
  return patient(30_000);
}
/** A shell that waited and does not answer after this time is no longer there: its container was started anew, or its machine has no power. */
const answersWithinMs = 2_000;
/** One that has waited no longer is taken to be there. */
const surelyThereMs = 1_000;
/** Nobody comes back to a place after this time. */
export const waitsAtMostMs = 30_000;
const mostWaiting = 3;

/**
 * Shells that stay for the next script: what a short script costs is mostly the start of a process in a container, or in the
 * namespaces of a machine. A script has a shell alone, and runs in a subshell of it, without standard input.
 */
export class Shells {
  readonly #waiting = new Map<string, Shell[]>();

  /** Opens a shell, so that the next script at this place begins at once. Throws when it cannot be opened. */
  async prepare(place: string, open: OpenShell): Promise<void> {
    this.#keep(await Shell.open(place, open));
  }

  /** Standard output of a script; throws a TransportFailure when its shell was cut off, and when it did not end before the deadline. */
  async run(
    place: string,
    open: OpenShell,
    { script, signal }: { readonly script: string; readonly signal: AbortSignal },
  ): Promise<string> {
    const shell = (await this.#take(place)) ?? (await Shell.open(place, open));
    const output = await shell.run(script, AbortSignal.any([signal, AbortSignal.timeout(scriptDeadlineMs())]));
    this.#keep(shell);
    return output;
  }

  async #take(place: string): Promise<Shell | undefined> {
    for (;;) {
      const shell = this.#waiting.get(place)?.pop();
      if (shell === undefined || shell.isFresh || (await shell.answers())) return shell;
    }
  }

  #keep(shell: Shell): void {
    const waiting = (this.#waiting.get(shell.place) ?? []).filter((each) => !each.isClosed);
    if (waiting.length >= mostWaiting) {
      shell.close();
      return;
    }
    this.#waiting.set(shell.place, [...waiting, shell]);
    shell.closeAfter(waitsAtMostMs);
  }
}

class Shell {
  readonly place: string;
  isClosed = false;
  readonly #input = new PassThrough();
  readonly #output = new Text(() => this.#changed());
  readonly #errors = new Text(() => undefined);
  #opened: { close(): void } | undefined;
  #changed: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #waitsSince = 0;

  private constructor(place: string) {
    this.place = place;
  }

  static async open(place: string, open: OpenShell): Promise<Shell> {
    const shell = new Shell(place);
    shell.#opened = await open({ input: shell.#input, output: shell.#output, errors: shell.#errors, ended: () => shell.#ended() });
    return shell;
  }

  /** Throws when the shell is gone or the deadline comes before the end; it is closed then. */
  async run(script: string, deadline: AbortSignal): Promise<string> {
    clearTimeout(this.#timer);
    // Told by a marker: how a command ends may never come over a web socket (kubernetes-client/javascript).
    const end = `end-${randomBytes(8).toString('hex')}`;
    this.#output.text = '';
    this.#errors.text = '';
    const { promise: settled, resolve } = Promise.withResolvers<void>();
    this.#changed = () => {
      if (this.isClosed || deadline.aborted || this.#output.text.includes(end)) resolve();
    };
    deadline.addEventListener('abort', this.#changed, { once: true });
    this.#input.write(`(\n${script}\n) </dev/null\necho ${end}\n`);
    this.#changed();
    await settled;
    deadline.removeEventListener('abort', this.#changed);
    const at = this.#output.text.indexOf(end);
    if (at >= 0) return this.#output.text.slice(0, at);
    const { isClosed } = this;
    this.close();
    if (isClosed) throw new TransportFailure(`the shell at ${this.place} was cut off: ${(this.#errors.text || this.#output.text).trim()}`);
    throw new Error(`the shell at ${this.place} did not end within ${scriptDeadlineMs() / 1000} s`);
  }

  /** Whether it is still there. */
  async answers(): Promise<boolean> {
    return this.run(':', AbortSignal.timeout(answersWithinMs)).then(
      () => true,
      () => false,
    );
  }

  get isFresh(): boolean {
    return !this.isClosed && performance.now() - this.#waitsSince < surelyThereMs;
  }

  closeAfter(milliseconds: number): void {
    this.#waitsSince = performance.now();
    this.#timer = setTimeout(() => this.close(), milliseconds);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#opened?.close();
    this.#ended();
  }

  #ended(): void {
    this.isClosed = true;
    this.#changed();
  }
}

/** Collects the text of a stream. */
class Text extends Writable {
  text = '';
  readonly #changed: () => void;

  constructor(changed: () => void) {
    super();
    this.#changed = changed;
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.#changed();
    done();
  }
}

/** A shell of this machine behind a command that leads elsewhere, as `nsenter ...` does. */
export function shellBehind(prefix: readonly string[]): OpenShell {
  return async ({ input, output, errors, ended }) => {
    const [program, ...args] = [...prefix, 'sh'];
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    // It may be gone before it has read all: that it has ended says so.
    child.stdin.on('error', () => undefined);
    input.pipe(child.stdin);
    child.stdout.pipe(output);
    child.stderr.pipe(errors);
    child.once('close', ended);
    await once(child, 'spawn');
    return {
      close: () => {
        child.stdin.destroy();
        child.kill();
      },
    };
  };
}
