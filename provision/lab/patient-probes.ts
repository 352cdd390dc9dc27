import { parseDocument, visit, isMap, isScalar } from 'yaml';

/**
 * The least time-out of a probe in a lab, in seconds. Kubernetes' default of one is meant for a machine of its own: here six share a few
 * processors, and kubelets killed speakers and exporters that only waited for their turn (seen).
 */
const leastSeconds = 10;

/** The least time between two probes that start a program, in seconds: six machines pay for each of them with two processors. */
const leastExecPeriod = 30;

const probes = new Set(['livenessProbe', 'readinessProbe', 'startupProbe']);

/** A manifest whose probes are as patient as a lab needs, and start as few programs; nothing else of it changes. */
export function withPatientProbes(manifest: string): string {
  return manifest
    .split(/^---$/m)
    .map((text) => (/(liveness|readiness|startup)Probe/.test(text) ? patient(text) : text))
    .join('---');
}

function patient(text: string): string {
  const document = parseDocument(text);
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || !probes.has(String(key.value)) || !isMap(value)) return;
      const seconds = Number(value.get('timeoutSeconds') ?? 1);
      value.set('timeoutSeconds', Math.max(leastSeconds, seconds));
      if (value.has('exec')) value.set('periodSeconds', Math.max(leastExecPeriod, Number(value.get('periodSeconds') ?? 10)));
    },
  });
  return `${text.startsWith('\n') ? '\n' : ''}${document.toString()}`;
}
