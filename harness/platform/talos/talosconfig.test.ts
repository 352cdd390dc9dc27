import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseTalosconfig } from './talosconfig.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const key = '-----BEGIN ED25519 PRIVATE KEY-----\nMC4C\n-----END ED25519 PRIVATE KEY-----\n';
const context = {
  endpoints: ['192.168.29.11'],
  nodes: ['192.168.29.21'],
  ca: base64('authority'),
  crt: base64('certificate'),
  key: base64(key),
};
const text = JSON.stringify({ context: 'talos29', contexts: { talos29: context, other: { endpoints: [] } } });

describe('a talosconfig', () => {
  it('gives its current context', () =>
    expect(parseTalosconfig(text)).toMatchObject({
      name: 'talos29',
      endpoints: ['192.168.29.11'],
      nodes: ['192.168.29.21'],
      ca: 'authority',
      certificate: 'certificate',
    }));
  it('gives another context by name', () =>
    expect(parseTalosconfig(text, 'other')).toMatchObject({ name: 'other', endpoints: [], nodes: [], ca: undefined, key: undefined }));
  it('has the key in a form that OpenSSL reads', () => expect(parseTalosconfig(text).key?.reveal()).toContain('BEGIN PRIVATE KEY'));
  it('shows no key when it is printed', () =>
    expect(inspect(parseTalosconfig(text), { depth: 5 }) + JSON.stringify(parseTalosconfig(text))).not.toContain('MC4C'));
  it('without the context that is asked for is refused', () =>
    expect(() => parseTalosconfig(text, 'nobody')).toThrow('contexts talos29, other'));
  it('that is none is refused', () => expect(() => parseTalosconfig('- a\n')).toThrow('a talosconfig'));
});
