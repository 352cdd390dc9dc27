import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redactValue } from './redaction.ts';

const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';

describe('a text', () => {
  it.each([
    ['a service account token', token],
    ['a bearer header', 'Authorization: Bearer 0123456789abcdef'],
    ['a private key', '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----'],
    ['a private key that was cut off', '-----BEGIN PRIVATE KEY-----\nMHcCAQEE'],
    ['a password in JSON', '{"password": "hunter2-hunter2"}'],
    ['a password in YAML', 'password: hunter2-hunter2'],
    ['a password in an environment', 'CANINE_PASSWORD=hunter2-hunter2'],
    ['a quoted password', 'password: "hunter2 hunter2"'],
    ['an API key in a header', 'X-API-Key: hunter2-hunter2'],
    ['a password in an address', 'postgres://canine:hunter2-hunter2@db/canine'],
  ])('loses %s', (_, text) => {
    const shown = redact(text);
    expect([shown.includes('[redacted]'), /hunter2|MHcCAQEE|0123456789abcdef|eyJ/.test(shown)]).toEqual([true, false]);
  });

  it.each(['token: none was given', 'alice -> bob 10.244.1.5:80/tcp: timeout after 3000 ms', 'the password is asked for'])(
    'without a secret stays: %s',
    (text) => {
      expect(redact(text)).toBe(text);
    },
  );

  it('never keeps a token, whatever stands before and after it', () => {
    const part = fc.constantFrom('password:', '"token":', '"', 'Bearer', 'x=', '{', '}', 'pod alice', 'https://a');
    fc.assert(
      fc.property(fc.array(part), fc.array(part), fc.constantFrom(' ', '\n', '"'), (before, after, gap) => {
        expect(redact([...before, token, ...after].join(gap))).not.toContain(token);
      }),
    );
  });
});

describe('a value', () => {
  it('loses secrets in strings and under secret names, at any depth', () => {
    expect(redactValue({ a: [{ apiKey: 'k', note: `saw ${token}` }], port: 80, none: null })).toEqual({
      a: [{ apiKey: '[redacted]', note: 'saw [redacted]' }],
      port: 80,
      none: null,
    });
  });

  it('that is a Secret loses its data, and keeps what names it', () => {
    expect(redactValue({ kind: 'Secret', metadata: { name: 's' }, data: { a: 'Yg==' }, stringData: { b: 'c' } })).toEqual({
      kind: 'Secret',
      metadata: { name: 's' },
      data: '[redacted]',
      stringData: '[redacted]',
    });
  });
});
