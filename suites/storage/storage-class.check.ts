import { check } from '../fixtures/check.ts';
import { requirements } from './requirements.ts';

const defaultAnnotation = 'storageclass.kubernetes.io/is-default-class';

check(requirements['STOR-CLASS-DEFAULT'], async ({ cluster, observe, control }) => {
  const { items } = await cluster.kubernetes.storage.listStorageClass();
  const defaults = items
    .filter(({ metadata }) => metadata?.annotations?.[defaultAnnotation] === 'true')
    .map(({ metadata }) => metadata?.name ?? '');
  const provisioner = items.find(({ metadata }) => metadata?.name === 'longhorn')?.provisioner ?? 'no such class';
  observe({
    subject: 'default StorageClasses',
    vantage: 'Kubernetes API',
    expected: 'longhorn',
    saw: defaults.join(', ') || 'none',
    held: defaults.join() === 'longhorn',
  });
  observe({
    subject: 'provisioner of longhorn',
    vantage: 'Kubernetes API',
    expected: 'driver.longhorn.io',
    saw: provisioner,
    held: provisioner === 'driver.longhorn.io',
  });
  const others = items.filter(({ metadata }) => metadata?.name !== 'longhorn').length;
  control({
    subject: 'StorageClasses that the same listing finds',
    vantage: 'Kubernetes API',
    expected: 'at least one',
    saw: `${items.length}, ${others} of them not longhorn`,
    held: items.length > 0,
  });
});
