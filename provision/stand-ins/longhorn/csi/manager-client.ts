/**
 * The part of Longhorn's API that its CSI driver calls (longhorn-backend:9500/v1).
 */

/** A volume as the API shows it; the fields that the driver reads. Numbers of bytes are strings. */
export interface ManagerVolume {
  readonly id: string;
  readonly name: string;
  readonly size: string;
  readonly state: string;
  readonly ready: boolean;
  readonly accessMode: string;
  readonly frontend: string;
  readonly disableFrontend: boolean;
  readonly shareState: string;
  readonly shareEndpoint: string;
  readonly controllers?:
    | readonly { readonly hostId: string; readonly endpoint: string; readonly size: string; readonly isExpanding: boolean }[]
    | null;
  readonly volumeAttachment?: { readonly attachments?: Readonly<Record<string, Attachment>> | null } | null;
}

interface Attachment {
  readonly satisfied: boolean;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[] | null;
}

interface NewVolume {
  readonly name: string;
  readonly size: string;
  readonly [option: string]: unknown;
}

const requestTimeoutMs = 30_000;

/** What the manager answered when it refused. */
export class ManagerError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class ManagerClient {
  readonly #url: string;

  /** `url` with its version, for example http://longhorn-backend:9500/v1. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Undefined when there is no such volume. */
  async volume(name: string): Promise<ManagerVolume | undefined> {
    try {
      return (await this.#ask('GET', `volumes/${encodeURIComponent(name)}`)) as ManagerVolume;
    } catch (error) {
      if (error instanceof ManagerError && error.status === 404) return undefined;
      throw error;
    }
  }

  async create(volume: NewVolume): Promise<ManagerVolume> {
    return (await this.#ask('POST', 'volumes', volume)) as ManagerVolume;
  }

  async delete(name: string): Promise<void> {
    await this.#ask('DELETE', `volumes/${encodeURIComponent(name)}`);
  }

  async act(name: string, action: 'attach' | 'detach' | 'expand' | 'updateAccessMode', input: object): Promise<void> {
    await this.#ask('POST', `volumes/${encodeURIComponent(name)}?action=${action}`, input);
  }

  async hasNode(name: string): Promise<boolean> {
    try {
      await this.#ask('GET', `nodes/${encodeURIComponent(name)}`);
      return true;
    } catch (error) {
      if (error instanceof ManagerError) return false;
      throw error;
    }
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.#url}/${path}`, {
      method,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      signal: AbortSignal.timeout(requestTimeoutMs),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new ManagerError(response.status, messageOf(text) ?? `${method} ${path}: ${response.status}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }
}

function messageOf(text: string): string | undefined {
  try {
    const { message, detail } = JSON.parse(text) as { message?: string; detail?: string };
    return message || detail;
  } catch {
    return undefined;
  }
}
