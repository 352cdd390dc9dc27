import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { check } from '../../fixtures/check.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { requirements } from '../requirements.ts';
import { livingUses } from './living-quotas.ts';
import { templateDifferences, templateObjects } from './template.ts';

check(
  requirements['ISO-LAYERS-PRESENT'],
  async ({ cluster, observe, control, hint, signal }) => {
    hint(async () => 'NS=<namespace> ./apply-tenant-isolation.sh puts the template back');
    const tenants = await livingTenants(cluster.kubernetes);
    await Promise.all(
      tenants.map(async ({ name }) =>
        observe(noneOf(`differences of ${name} from the template`, { saw: await templateDifferences(cluster, name, signal) })),
      ),
    );
    const missing = (await templateObjects(cluster, 'default')).map(({ kind, metadata }) => `${kind} ${metadata?.name} is missing`);
    control(
      equal('differences of a namespace that was never hardened', {
        expected: missing,
        saw: await templateDifferences(cluster, 'default', signal),
      }),
    );
  },
  livingUses,
);
