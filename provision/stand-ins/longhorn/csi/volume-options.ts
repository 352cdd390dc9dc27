/**
 * A storage class's parameters as fields of a new volume.
 */

type Parameters = Readonly<Record<string, string>>;

/** Minutes (Longhorn's CSI driver: 48 hours). */
const defaultStaleReplicaTimeout = 2880;
const trueWords = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);
const localities = ['disabled', 'best-effort', 'strict-local'];

/** Throws an Error that names the parameter which is not valid. */
export function volumeOptions(parameters: Parameters, shared: boolean): Record<string, unknown> {
  const isShared = shared || boolean(parameters, 'share');
  return {
    staleReplicaTimeout: number(parameters, 'staleReplicaTimeout') || defaultStaleReplicaTimeout,
    numberOfReplicas: number(parameters, 'numberOfReplicas'),
    ...((shared || parameters['share'] !== undefined) && { accessMode: isShared ? 'rwx' : 'rwo' }),
    dataLocality: locality(parameters),
    dataEngine: parameters['dataEngine'] ?? 'v1',
    encrypted: boolean(parameters, 'encrypted'),
    migratable: isShared && boolean(parameters, 'migratable'),
    revisionCounterDisabled: parameters['disableRevisionCounter'] === undefined || boolean(parameters, 'disableRevisionCounter'),
    frontend: parameters['frontend'] ?? '',
    diskSelector: list(parameters['diskSelector']),
    nodeSelector: list(parameters['nodeSelector']),
    replicaSoftAntiAffinity: parameters['replicaSoftAntiAffinity'] ?? '',
    replicaZoneSoftAntiAffinity: parameters['replicaZoneSoftAntiAffinity'] ?? '',
    replicaDiskSoftAntiAffinity: parameters['replicaDiskSoftAntiAffinity'] ?? '',
  };
}

function number(parameters: Parameters, name: string): number {
  const value = Number(parameters[name] ?? '0');
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`invalid parameter ${name}`);
  return value;
}

function boolean(parameters: Parameters, name: string): boolean {
  const value = parameters[name];
  if (value === undefined || falseWords.has(value)) return false;
  if (!trueWords.has(value))
    throw new Error(`invalid parameter ${name}: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  return true;
}

function locality(parameters: Parameters): string {
  const value = parameters['dataLocality'] ?? '';
  if (value !== '' && !localities.includes(value)) throw new Error(`invalid parameter dataLocality: invalid data locality mode: ${value}`);
  return value;
}

function list(value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : value.split(',');
}
