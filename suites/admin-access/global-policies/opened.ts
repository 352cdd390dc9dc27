import { promised } from '../../../guide/limits.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { fixture } from '../../../harness/platform/check.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type EchoGroup, type EchoPod, startEchoGroup, startEchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { ordinary } from '../../fixtures/groups.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';

/** Pods of one group, and its name: the value of their label `conform-echo`. */
export interface Opened {
  readonly group: string;
  readonly pods: readonly EchoPod[];
}

/**
 * Echo pods in the platform's namespaces and in kube-system that admit everybody: traffic that does not reach them was stopped at
 * its source. All on the last worker. Throws when the policy that opens them does not come into force.
 */
export const opened = fixture(
  { name: 'opened pods of the platform', from: { ordinary } },
  async (context, { ordinary: { pods: plain } }): Promise<Opened> => {
    const { cluster, changes, signal } = context;
    const group = `conform-opened-${nonce()}`;
    const node = workerNames(cluster).at(-1) ?? '';
    await changes.createFrom(`${import.meta.dirname}/open-echo.yaml`, { GROUP: group });
    const namespaces = [...cluster.documented.platformNamespaces, 'kube-system'];
    const pods = await Promise.all(namespaces.map((namespace) => startEchoPod(context, { namespace, node, group })));
    const reached = await Promise.all(
      pods.map(({ tcp }) =>
        firstAnswer(cluster, { from: plain[0].place, to: tcp }, { timeoutMs: promised.adminAccess.policyInForceMs, signal }),
      ),
    );
    const closed = reached.find(({ answered }) => !answered);
    if (closed !== undefined) throw new Error(`a policy that opens ${group} is not in force: ${closed.text}`);
    return { group, pods };
  },
);

/** A namespace whose name begins as tenants' do, that no script has hardened: no NetworkPolicy is in it. */
export const unhardened = fixture({ name: 'tenant without policies' }, async (context): Promise<EchoGroup> => {
  const { namespace } = await scratchTenant(context, { hardened: false });
  return startEchoGroup(context, { namespace });
});
