import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { Exec } from '@kubernetes/client-node';
import type { PodPlace } from '../../engine/involved.ts';
import { type OpenShell, scriptDeadlineMs } from './shells.ts';
import type { OpenSocket } from './web-socket.ts';

export function shellIn(open: OpenSocket, place: PodPlace): OpenShell {
  return async ({ input, output, errors, ended }) => {
    // A shell that waits for its first command does nothing: it may be opened twice.
    const socket = await open('exec', { ...place, isSafe: true }, async (config) =>
      new Exec(config).exec(place.namespace, place.pod, place.container ?? '', ['sh'], output, errors, input, false),
    );
    socket.onclose = ended;
    socket.onerror = ended;
    return socket;
  };
}

/**
 * The end is told by a marker in the output: the client resolves when it is connected, and its status callback may never
 * come (kubernetes-client/javascript).
 */
export async function runInPod(
  open: OpenSocket,
  place: PodPlace,
  { script, signal, terminal }: { script: string; signal: AbortSignal; terminal: boolean },
): Promise<string> {
  const end = `end-${randomBytes(8).toString('hex')}`;
  const output = new Collected(end);
  const errors = new Collected(end);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(scriptDeadlineMs())]);
  const command = ['sh', '-c', `${script}\necho ${end}`];
  const socket = await open('exec', { ...place, isSafe: false }, async (config) =>
    new Exec(config).exec(place.namespace, place.pod, place.container ?? '', command, output, errors, null, terminal),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      output.ended.then(resolve, reject);
      socket.onclose = () => resolve();
      socket.onerror = (event: { message?: string }) =>
        reject(new Error(`exec in ${place.namespace}/${place.pod}: ${String(event.message)}`));
      deadline.addEventListener(
        'abort',
        () => reject(new Error(`exec in ${place.namespace}/${place.pod} did not end within ${scriptDeadlineMs() / 1000} s`)),
        { once: true },
      );
    });
  } finally {
    socket.close();
  }
  if (!output.text.includes(end)) throw new Error(`exec in ${place.namespace}/${place.pod} was cut off: ${errors.text || output.text}`);
  return output.text.slice(0, output.text.indexOf(end));
}

/** Collects a stream's text, and tells when the marker has come. */
class Collected extends Writable {
  text = '';
  readonly ended: Promise<void>;
  readonly #marker: string;
  #end: () => void = () => undefined;

  constructor(marker: string) {
    super();
    this.#marker = marker;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    if (this.text.includes(this.#marker)) this.#end();
    done();
  }
}
