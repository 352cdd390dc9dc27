import type { V1StorageClass } from '@kubernetes/client-node';

/** Either makes a class the default (Kubernetes 1.30, pkg/volume/util/storageclass.go). */
const annotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

/** The names of the classes that claims without one may get. */
export function defaultClasses(classes: readonly Pick<V1StorageClass, 'metadata'>[]): string[] {
  return classes
    .filter(({ metadata }) => annotations.some((annotation) => metadata?.annotations?.[annotation] === 'true'))
    .map(({ metadata }) => metadata?.name ?? '');
}
