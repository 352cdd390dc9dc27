import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Claim, type Destination, reach } from '../../../harness/probe/claims.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { workstation } from '../vantages.ts';
import { askersIn, sourcesOf } from '../works/anchors.ts';
import { healthPaths } from './api.ts';
import { web, webPods } from './canine.ts';

check(requirements['ADM-CANINE-HEALTH'], async (context, { platform }) => {
  const { cluster, connect, hint } = context;
  hint(async () => 'kubectl -n canine get pods,endpoints -o wide; kubectl -n canine logs deployment/canine');
  const path = healthPaths[cluster.documented.canineApi];
  const { hostname } = cluster.documented.services.canine;
  const at = (name: string, of: string): Destination => ({ name, target: { kind: 'http', url: `http://${hostname}${of}` } });
  const [[fromOutside] = []] = await connect([
    reach({ from: workstation, to: at('the health address', path), status: 200 }),
    ...(await inItsNamespace(context, path, askersIn({ platform }, 'canine'))),
  ]);
  // Somebody who answers whatever he is asked for is not Canine. Where nobody answers there is nothing to be told apart.
  if (fromOutside?.kind !== 'answered') return;
  const to = at('a path that Canine does not have', `/conform-${nonce()}`);
  await connect([{ attempts: [{ role: 'control', from: workstation, to, expect: { status: 404 } }] }]);
});

/** Each web process answers by itself; the same port of a replica that is not there does not. */
async function inItsNamespace(context: CheckContext, path: string, askers: EchoGroup): Promise<Claim[]> {
  const name = `conform-nobody-${nonce()}`;
  await context.changes.createFrom(`${import.meta.dirname}/canine-nobody.yaml`, { NAME: name });
  const at = (host: string): Destination['target'] => ({ kind: 'http', url: `http://${host}:${web.port}${path}` });
  const to = (await webPods(context)).map(({ spec, status }): Destination => ({
    name: `the web process on ${spec?.nodeName}`,
    target: at(status?.podIP ?? ''),
  }));
  if (to.length === 0) return [];
  const unlike: Destination = { name: 'a replica that is not there', target: at(`${name}.canine.svc.cluster.local`) };
  return [reach({ from: sourcesOf(askers, 'canine'), to, status: 200, unlike })];
}
