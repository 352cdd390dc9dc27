import type { Hono } from 'hono';

/** A browser without a screen: keeps the session's cookie, and sends the page's token with every form. */
export class Browser {
  readonly #app: Hono;
  #cookie = '';
  #token = '';

  constructor(app: Hono) {
    this.#app = app;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; location: string; body: string }> {
    return await this.#send(path, { method: 'GET', headers });
  }

  async submit(path: string, fields: Record<string, string>, method = 'POST'): Promise<{ status: number; location: string; body: string }> {
    return await this.#send(path, { method, body: new URLSearchParams(fields), headers: { 'x-csrf-token': this.#token } });
  }

  async #send(
    path: string,
    init: RequestInit & { headers: Record<string, string> },
  ): Promise<{ status: number; location: string; body: string }> {
    const response = await this.#app.request(`http://canine.test${path}`, {
      ...init,
      headers: Object.assign({ cookie: this.#cookie }, init.headers),
    });
    this.#cookie = response.headers.get('set-cookie')?.split(';')[0] ?? this.#cookie;
    const body = await response.text();
    this.#token = /name="csrf-token" content="([^"]+)"/.exec(body)?.[1] ?? this.#token;
    return { status: response.status, location: (response.headers.get('location') ?? '').replace('http://canine.test', ''), body };
  }
}
