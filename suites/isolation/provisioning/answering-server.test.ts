import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { nobodyAnswers, withAnsweringServer } from './answering-server.ts';
import type { Environment } from './guide-script.ts';

const run = promisify(execFile);
const url = 'http://canine.29.talos.vaheed.net/api/v1/users';

/** A script's curl, sent by the environment alone. */
async function curl(environment: Environment, ...options: string[]): Promise<string> {
  const env = { ...process.env, ...environment };
  return (await run('curl', ['-q', '-sS', '--write-out', ' %{http_code}', ...options, url], { env })).stdout;
}

it('answers in the place of a server that a script names, and logs what it was asked', async () => {
  await withAnsweringServer({ status: 422, contentType: 'application/json', body: '{"error":"no"}' }, async ({ environment, requests }) => {
    expect(await curl(environment, '--data', '{"name":"alice"}')).toBe('{"error":"no"} 422');
    expect(requests).toEqual([{ method: 'POST', path: '/api/v1/users', body: '{"name":"alice"}' }]);
  });
});

it('answers nothing where nobody listens', async () => {
  await expect(curl(await nobodyAnswers())).rejects.toMatchObject({ code: 7 });
});
