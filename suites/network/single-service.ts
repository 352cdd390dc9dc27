import type { V1Service } from '@kubernetes/client-node';
import type { Changes } from '../../harness/engine/changes/changes.ts';

/** A Service before one echo pod alone. */
export interface SingleService {
  readonly namespace: string;
  readonly name: string;
  /** Name of the pod; a name that no pod has leaves the Service without endpoints. */
  readonly pod: string;
}

/** Makes the Service; returns its address. */
export async function makeSingleService(changes: Changes, { namespace, name, pod }: SingleService): Promise<string> {
  const made = await changes.create<V1Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { 'conform-pod': pod }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  return made.spec?.clusterIP ?? 'none';
}

/** Takes its only endpoint away. */
export async function emptySingleService(changes: Changes, { namespace, name }: Pick<SingleService, 'namespace' | 'name'>): Promise<void> {
  await changes.patch(
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } },
    { spec: { selector: { 'conform-pod': 'nobody' } } },
  );
}
