import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

/** What a browser carries: signed, so that it outlives the process. */
export interface Session {
  readonly id: string;
  readonly userId?: number;
  readonly accountId?: number;
  readonly alert?: string;
  readonly notice?: string;
}

const cookie = '_canine_session';

/** Reads and writes the session's cookie, signed with SECRET_KEY_BASE. */
export class Sessions {
  readonly #key: string;

  constructor(secretKeyBase: string) {
    this.#key = secretKeyBase;
  }

  of(context: Context): Session {
    const [payload = '', signature = ''] = (getCookie(context, cookie) ?? '').split('--');
    if (payload === '' || !same(signature, this.#sign(payload))) return { id: randomBytes(16).toString('hex') };
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Session;
  }

  write(context: Context, session: Session): void {
    const payload = Buffer.from(JSON.stringify(session)).toString('base64url');
    setCookie(context, cookie, `${payload}--${this.#sign(payload)}`, { path: '/', httpOnly: true, sameSite: 'Lax' });
  }

  /** The token that a form of this session must bring. */
  formToken(session: Session): string {
    return this.#sign(`csrf:${session.id}`);
  }

  formTokenMatches(session: Session, token: string): boolean {
    return same(token, this.formToken(session));
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex');
  }
}

function same(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
