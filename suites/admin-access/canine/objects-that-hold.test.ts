import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../harness/platform/kubernetes/api-request.ts';
import { holdsText, kindsThatHold } from './objects-that-hold.ts';

const text = 'postgres://app';
const base64 = Buffer.from(`URL=${text}\n`).toString('base64');

describe('an object holds a value', () => {
  it.each([
    [
      'in clear in the environment of a Deployment',
      { spec: { template: { spec: { containers: [{ env: [{ name: 'URL', value: text }] }] } } } },
    ],
    ['in an annotation', { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"data":"${text}"}` } } }],
    ['in a ConfigMap', { data: { URL: text } }],
    ['in the binary data of a ConfigMap', { binaryData: { env: base64 } }],
    ['in a Secret', { data: { env: base64 } }],
    ['as an argument of a command', { spec: { containers: [{ args: [`--url=${text}`] }] } }],
  ])('%s', (_, object) => {
    expect(holdsText(object, text)).toBe(true);
  });

  it.each([
    ['of another application', { data: { URL: 'postgres://other' } }],
    [
      'that it names only',
      { spec: { containers: [{ env: [{ name: 'URL', valueFrom: { secretKeyRef: { name: 'app', key: 'URL' } } }] }] } },
    ],
    ['that is not there', { data: null, count: 3 }],
  ])('and not one %s', (_, object) => {
    expect(holdsText(object, text)).toBe(false);
  });
});

describe('the kinds that hold a value', () => {
  const resource = (name: string, kind: string, verbs = ['list']) => ({ name, kind, namespaced: true, verbs });
  const api: Readonly<Record<string, unknown>> = {
    '/api/v1': {
      resources: [
        resource('secrets', 'Secret'),
        resource('pods', 'Pod'),
        resource('pods/log', 'Pod', ['get']),
        resource('bindings', 'Binding', ['create']),
        { ...resource('nodes', 'Node'), namespaced: false },
      ],
    },
    '/apis/apps/v1': { resources: [resource('deployments', 'Deployment')] },
    '/api/v1/namespaces/app/secrets': { items: [{ data: { URL: base64 } }] },
    '/api/v1/namespaces/app/pods': { items: [{ spec: {} }] },
    '/apis/apps/v1/namespaces/app/deployments': { items: [{ spec: { env: [{ value: text }] } }] },
    '/api/v1/namespaces/app': { metadata: { name: 'app' } },
  };
  const request =
    (answers: typeof api, missing = 200) =>
    async ({ path }: ApiRequest) => ({
      status: path in answers ? 200 : missing,
      message: '',
      body: answers[path] ?? { resources: [], items: [] },
    });

  it('are all that are listed in a namespace', async () => {
    expect(await kindsThatHold({ request: request(api) }, { namespace: 'app', text }, new AbortController().signal)).toEqual([
      'Deployment',
      'Secret',
    ]);
  });

  it('are unknown where the API does not list one of them', async () => {
    const looking = kindsThatHold({ request: request(api, 403) }, { namespace: 'app', text }, new AbortController().signal);
    await expect(looking).rejects.toThrow('403');
  });
});
