import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { equal } from '../../harness/engine/measured.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { readManifest } from '../../harness/platform/kubernetes/manifest.ts';
import { check } from '../fixtures/check.ts';
import { defaultClasses } from './default-class.ts';
import { requirements } from './requirements.ts';

check(requirements['STOR-CLASS-DEFAULT'], async (context) => {
  const { cluster, observe, control, hint } = context;
  hint(async () => 'kubectl get storageclasses -o yaml: which have an annotation is-default-class, the one of the beta included?');
  const { items } = await cluster.kubernetes.storage.listStorageClass();
  observe(equal('default StorageClasses', { expected: ['longhorn'], saw: defaultClasses(items) }));
  const provisioner = items.find(({ metadata }) => metadata?.name === 'longhorn')?.provisioner ?? 'no such class';
  observe(equal('provisioner of longhorn', { expected: 'driver.longhorn.io', saw: provisioner }));
  const [without, empty] = await claimsAsGiven(context);
  observe(equal('class that the API gives a claim without one (dry run)', { expected: 'longhorn', saw: without ?? 'none' }));
  control(equal('class of a claim that asks for no class at all (dry run)', { expected: 'none', saw: empty || 'none' }));
});

/** The classes of the manifest's claims as the API would keep them. Throws when it refuses one. */
async function claimsAsGiven({ cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>): Promise<(string | undefined)[]> {
  const claims = await readManifest(`${import.meta.dirname}/default-claim.yaml`, {});
  return Promise.all(
    claims.map(async (body) => {
      const path = '/api/v1/namespaces/default/persistentvolumeclaims?dryRun=All';
      const { status, message, body: kept } = await cluster.kubernetes.request({ method: 'POST', path, body }, signal);
      if (status !== 201) throw new Error(`the API answered ${status} to a dry run of claim ${body.metadata?.name}: ${message}`);
      return (kept as V1PersistentVolumeClaim).spec?.storageClassName;
    }),
  );
}
