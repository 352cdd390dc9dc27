import { parseDocument, visit, isMap, isScalar } from 'yaml';

/**
 * The least time-out of a probe in a lab, in seconds. Kubernetes' default of one is meant for a machine of its own: here six share a few
 * processors, and kubelets killed speakers and exporters that only waited for their turn (seen).
 */
const leastSeconds = 10;

const probes = new Set(['livenessProbe', 'readinessProbe', 'startupProbe']);

/** A manifest whose probes are as patient as a lab needs; nothing else of it changes. */
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
    },
  });
  return `${text.startsWith('\n') ? '\n' : ''}${document.toString()}`;
}
