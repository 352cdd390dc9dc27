/**
 * The instance manager's HTTP interface (../instance-api.ts).
 */
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import * as z from 'zod';
import type { InstanceList, InstanceProblem } from '../instance-api.ts';
import { NoHealthyReplica } from './engine.ts';
import { type Instances, UnknownInstance } from './instances.ts';
import { ReplicaFailed } from './replica-client.ts';
import { SizeRefused } from './replica-data.ts';

const name = z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
const size = z.int().positive().multipleOf(4096);
const directory = z.string().regex(/^\/(?!.*\.\.)/);
const address = z.string().regex(/^[^:\s]+:\d+$/);
const replicaRequest = z.object({ volume: name, size, directory });
const replicaDeletion = z.object({ data: z.enum(['keep', 'delete']).default('keep'), directory: directory.optional() });
const engineRequest = z.object({ volume: name, size, replicas: z.array(z.object({ name, address })).min(1) });
const engineReplicaRequest = z.object({ address, rebuild: z.literal(true) });
const sizeRequest = z.object({ size });

export function instanceServer(instances: Instances): Hono {
  const app = new Hono();
  app.onError((error, context) => context.json({ error: error.message } satisfies InstanceProblem, statusOf(error)));
  app.notFound((context) => context.json({ error: `no such path: ${context.req.path}` } satisfies InstanceProblem, 404));
  app.get('/v1/instances', async (context) => context.json({ instances: await instances.list() } satisfies InstanceList));
  app.put('/v1/replicas/:name', async (context) =>
    context.json(await instances.putReplica(context.req.param('name'), replicaRequest.parse(await context.req.json()))),
  );
  app.delete('/v1/replicas/:name', async (context) => {
    const { data, directory: folder } = replicaDeletion.parse(context.req.query());
    return context.json(
      await instances.deleteReplica(context.req.param('name'), { data, ...(folder !== undefined && { directory: folder }) }),
    );
  });
  app.put('/v1/engines/:name', async (context) =>
    context.json(await instances.putEngine(context.req.param('name'), engineRequest.parse(await context.req.json()))),
  );
  app.delete('/v1/engines/:name', async (context) => context.json(await instances.deleteEngine(context.req.param('name'))));
  app.put('/v1/engines/:name/size', async (context) =>
    context.json(await instances.resizeEngine(context.req.param('name'), sizeRequest.parse(await context.req.json()).size)),
  );
  app.put('/v1/engines/:name/replicas/:replica', async (context) => {
    const request = engineReplicaRequest.parse(await context.req.json());
    return context.json(await instances.addReplica(context.req.param('name'), context.req.param('replica'), request.address));
  });
  app.delete('/v1/engines/:name/replicas/:replica', async (context) =>
    context.json(await instances.removeReplica(context.req.param('name'), context.req.param('replica'))),
  );
  return app;
}

function statusOf(error: Error): ContentfulStatusCode {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return 400;
  if (error instanceof UnknownInstance) return 404;
  if (error instanceof SizeRefused) return 409;
  if (error instanceof NoHealthyReplica || error instanceof ReplicaFailed) return 503;
  return 500;
}
