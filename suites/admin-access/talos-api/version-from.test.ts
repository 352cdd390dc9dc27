import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { machineService, methodOf } from '../../../harness/platform/talos/definitions.ts';
import { Secret } from '../../../harness/platform/talos/secret.ts';
import { ownCredential } from './testing/own-credential.ts';
import { versionAnswer, versionsFrom } from './version-from.ts';

const message = methodOf(machineService, 'Version').responseSerialize({ messages: [{ version: { tag: 'v1.11.6' } }] });
const body = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]).toString('base64');

describe('a line of the program that calls the Talos API', () => {
  it('has the version of a node that answered', () => {
    expect(versionAnswer(`192.0.2.1 0 ${body}`)).toEqual({ kind: 'answered', version: 'v1.11.6' });
  });

  it.each([
    ['192.0.2.1 28 ', 'silence'],
    ['192.0.2.1 7 ', 'no connection'],
    ['192.0.2.1 60 ', 'another certificate'],
    ['192.0.2.1 92 ', "curl's exit code 92"],
    ['192.0.2.1 0 ', 'an answer without a version'],
  ])('says why there is none: %s', (line, text) => {
    expect(versionAnswer(line)).toEqual({ kind: 'none', text });
  });

  it.each(['', '192.0.2.1 58 ', '192.0.2.1 1 '])('throws where the program could not call: "%s"', (line) => {
    expect(() => versionAnswer(line)).toThrow('Talos API');
  });
});

describe('the program that calls the Talos API', () => {
  const here = {
    runAt: async (_: string, [file = '', ...args]: readonly string[], __: AbortSignal, input?: string) =>
      (await execa(file, args, input === undefined ? {} : { input })).stdout,
  };
  const { signal } = new AbortController();

  it('shows its certificate to every endpoint, and tells those who answer from those who do not', async () => {
    const { certificate, key } = await ownCredential();
    const server = createSecureServer({ cert: certificate, key, ca: certificate, requestCert: true }, ({ url }, response) => {
      response.writeHead(200, { 'content-type': 'application/grpc' });
      response.end(url === '/machine.MachineService/Version' ? Buffer.from(body, 'base64') : Buffer.alloc(0));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const caller = { name: 'reader', endpoints: [], nodes: [], ca: certificate, certificate, key: new Secret(key) };
    const endpoints = [`127.0.0.1:${port}`, '127.0.0.1:9'];
    const answers = await versionsFrom(here, { host: 'here', caller, endpoints }, signal);
    server.close();
    expect(answers).toEqual([
      { kind: 'answered', version: 'v1.11.6' },
      { kind: 'none', text: 'no connection' },
    ]);
  });
});
