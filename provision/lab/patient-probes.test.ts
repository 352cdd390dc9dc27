import { expect, it } from 'vitest';
import { parseAllDocuments, parseDocument } from 'yaml';
import { withPatientProbes } from './patient-probes.ts';

const manifest = `apiVersion: v1
kind: ConfigMap
metadata: {name: 'a'} # as it is
data:
  text: |
    ---of a text
---
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: one
          livenessProbe: {httpGet: {path: /, port: metrics}}
          readinessProbe:
            httpGet: {path: /ready, port: 80}
            timeoutSeconds: 30
            periodSeconds: 2
        - name: two
`;

it('makes the time-outs of probes ten seconds at least, and leaves all else', () => {
  const [config, deployment] = parseAllDocuments(withPatientProbes(manifest)).map((each) => each.toJS() as unknown);
  expect(config).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { text: '---of a text\n' } });
  expect(deployment).toEqual({
    kind: 'Deployment',
    spec: {
      template: {
        spec: {
          containers: [
            {
              name: 'one',
              livenessProbe: { httpGet: { path: '/', port: 'metrics' }, timeoutSeconds: 10 },
              readinessProbe: { httpGet: { path: '/ready', port: 80 }, timeoutSeconds: 30, periodSeconds: 2 },
            },
            { name: 'two' },
          ],
        },
      },
    },
  });
});

it('lets a probe that starts a program come every 30 s at most', () => {
  const probes = '{livenessProbe: {exec: {command: [a]}}, readinessProbe: {exec: {command: [b]}, periodSeconds: 60}}';
  const { containers } = parseDocument(withPatientProbes(`containers: [${probes}]`)).toJS() as { containers: unknown[] };
  expect(containers).toEqual([
    {
      livenessProbe: { exec: { command: ['a'] }, timeoutSeconds: 10, periodSeconds: 30 },
      readinessProbe: { exec: { command: ['b'] }, timeoutSeconds: 10, periodSeconds: 60 },
    },
  ]);
});

it('leaves a manifest without probes as it is', () => {
  const text = 'kind: Namespace # ours\n---\nkind: Namespace\n';
  expect(withPatientProbes(text)).toBe(text);
});
