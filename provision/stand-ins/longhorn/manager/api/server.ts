import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { Cluster } from '../cluster.ts';
import { KubernetesError } from '../kubernetes.ts';
import type { AccessMode, DiskSpec, LonghornNode } from '../objects.ts';
import { settingReader } from '../setting-values.ts';
import { removeObject, updateObject } from '../store.ts';
import { activeFaults } from '../tuning.ts';
import {
  attachmentResource,
  collection,
  engineImageResource,
  instanceManagerResource,
  nodeResource,
  type Resource,
  settingResource,
  volumeResource,
} from './resources.ts';
import {
  ApiProblem,
  attachVolume,
  type AttachRequest,
  createVolume,
  deleteVolume,
  detachVolume,
  type DetachRequest,
  expandVolume,
  removeReplica,
  salvageVolume,
  tried,
  updateAccessMode,
  updateReplicaCount,
  type VolumeRequest,
} from './volume-actions.ts';

const apiPort = 9500;

/** The manager's REST API on port 9500. */
export function serveApi(cluster: Cluster): void {
  serve({ fetch: apiOf(cluster).fetch, port: apiPort, hostname: '0.0.0.0' });
}

/** The API as an application, without a server. */
function apiOf(cluster: Cluster): Hono {
  const app = new Hono();
  app.onError((error, context) => problem(context, error));
  app.notFound((context) => context.text('404 page not found\n', 404));
  app.get('/', (context) =>
    context.json({
      type: 'collection',
      resourceType: 'apiVersion',
      links: {},
      data: [{ id: 'v1', type: 'apiVersion', links: { self: base(context) } }],
    }),
  );
  app.get('/v1', (context) => context.json({ id: 'v1', type: 'apiVersion', links: links(base(context)) }));
  addVolumes(app, cluster);
  addNodes(app, cluster);
  addSettings(app, cluster);
  addOthers(app, cluster);
  return app;
}

const collections = ['volumes', 'nodes', 'settings', 'engineimages', 'instancemanagers', 'volumeattachments', 'backuptargets'];

function links(at: string): Record<string, string> {
  return { self: at, ...Object.fromEntries(collections.map((name) => [name, `${at}/${name}`])) };
}

function addVolumes(app: Hono, cluster: Cluster): void {
  const resource = (context: Context, name: string): Resource | undefined => describeVolume(cluster, base(context), name);
  app.get('/v1/volumes', (context) => {
    const hidden = activeFaults(cluster.configMaps).has('api-without-volumes');
    const names = hidden
      ? []
      : cluster.volumes
          .all()
          .map((volume) => volume.metadata.name)
          .toSorted();
    return context.json(
      collection(
        base(context),
        'volume',
        names.flatMap((name) => resource(context, name) ?? []),
      ),
    );
  });
  app.post('/v1/volumes', async (context) => {
    if (activeFaults(cluster.configMaps).has('refuse-volumes'))
      throw new ApiProblem(500, 'failed to create volume: fault refuse-volumes is on');
    const volume = await createVolume(cluster, await body<VolumeRequest>(context));
    return context.json(resource(context, volume.metadata.name));
  });
  app.get('/v1/volumes/:name', (context) => {
    const found = resource(context, context.req.param('name'));
    return found === undefined ? context.body(null, 404) : context.json(found);
  });
  app.delete('/v1/volumes/:name', async (context) => {
    await deleteVolume(cluster, context.req.param('name'));
    return context.body(null, 200);
  });
  app.post('/v1/volumes/:name', async (context) => {
    const action = volumeAction(context.req.query('action') ?? '');
    if (action === undefined) return context.text('404 page not found\n', 404);
    const name = context.req.param('name');
    await action(cluster, name, context);
    return context.json(resource(context, name));
  });
}

type Action = (cluster: Cluster, name: string, context: Context) => Promise<unknown>;

function volumeAction(name: string): Action | undefined {
  const actions: Readonly<Record<string, Action>> = {
    attach: async (cluster, volume, context) => attachVolume(cluster, volume, await body<AttachRequest>(context)),
    detach: async (cluster, volume, context) => detachVolume(cluster, volume, await body<DetachRequest>(context).catch(() => ({}))),
    expand: async (cluster, volume, context) => expandVolume(cluster, volume, (await body<{ size: string }>(context)).size),
    salvage: async (cluster, volume, context) => salvageVolume(cluster, volume, (await body<{ names?: string[] }>(context)).names ?? []),
    replicaRemove: async (cluster, volume, context) => removeReplica(cluster, volume, (await body<{ name: string }>(context)).name),
    updateAccessMode: async (cluster, volume, context) =>
      updateAccessMode(cluster, volume, (await body<{ accessMode: AccessMode }>(context)).accessMode),
    updateReplicaCount: async (cluster, volume, context) =>
      updateReplicaCount(cluster, volume, (await body<{ replicaCount: number }>(context)).replicaCount),
  };
  return Object.hasOwn(actions, name) ? actions[name] : undefined;
}

function addNodes(app: Hono, cluster: Cluster): void {
  const resource = (context: Context, node: LonghornNode): Resource =>
    nodeResource(base(context), node, managerAddress(cluster, node.metadata.name));
  const named = (name: string): LonghornNode => {
    const node = cluster.nodes.get(name);
    if (node === undefined) throw new ApiProblem(404, `failed to get node ${name}: node.longhorn.io "${name}" not found`);
    return node;
  };
  app.get('/v1/nodes', (context) => {
    const nodes = cluster.nodes.all().toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
    return context.json(
      collection(
        base(context),
        'node',
        nodes.map((node) => resource(context, node)),
      ),
    );
  });
  app.get('/v1/nodes/:name', (context) => context.json(resource(context, named(context.req.param('name')))));
  app.put('/v1/nodes/:name', async (context) => {
    const node = named(context.req.param('name'));
    const {
      allowScheduling = false,
      evictionRequested = false,
      tags = [],
      instanceManagerCPURequest = 0,
    } = await body<Partial<LonghornNode['spec']>>(context);
    const spec = { ...node.spec, allowScheduling, evictionRequested, tags, instanceManagerCPURequest };
    return context.json(resource(context, await updateObject(cluster, cluster.nodes, node, { ...node, spec })));
  });
  app.post('/v1/nodes/:name', async (context) => {
    if (context.req.query('action') !== 'diskUpdate') return context.text('404 page not found\n', 404);
    const node = named(context.req.param('name'));
    const { disks } = await body<{ disks: Record<string, DiskSpec> }>(context);
    return context.json(resource(context, await updateObject(cluster, cluster.nodes, node, { ...node, spec: { ...node.spec, disks } })));
  });
  app.delete('/v1/nodes/:name', async (context) => {
    const { name } = named(context.req.param('name')).metadata;
    await tried('failed to delete node', () => removeObject(cluster, cluster.nodes, name));
    return context.body(null, 200);
  });
}

function addSettings(app: Hono, cluster: Cluster): void {
  app.get('/v1/settings', (context) => {
    const settings = cluster.settings.all().toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
    return context.json(
      collection(
        base(context),
        'setting',
        settings.map((setting) => settingResource(base(context), setting)),
      ),
    );
  });
  app.get('/v1/settings/:name', (context) =>
    context.json(settingResource(base(context), settingNamed(cluster, context.req.param('name')))),
  );
  app.put('/v1/settings/:name', async (context) => {
    const setting = settingNamed(cluster, context.req.param('name'));
    const { value } = await body<{ value: string }>(context);
    return context.json(
      settingResource(base(context), await updateObject(cluster, cluster.settings, setting, { ...setting, value: value.trim() })),
    );
  });
}

function settingNamed(cluster: Cluster, name: string): ReturnType<Cluster['settings']['all']>[number] {
  const setting = cluster.settings.get(name);
  if (setting === undefined) throw new ApiProblem(500, `failed to get setting ${name}: setting ${name} is not supported`);
  return setting;
}

function addOthers(app: Hono, cluster: Cluster): void {
  app.get('/v1/engineimages', (context) => {
    const image = settingReader(cluster.settings).text('default-engine-image');
    return context.json(
      collection(
        base(context),
        'engineImage',
        cluster.engineImages.all().map((object) => engineImageResource(base(context), object, image)),
      ),
    );
  });
  app.get('/v1/instancemanagers', (context) =>
    context.json(
      collection(
        base(context),
        'instanceManager',
        cluster.instanceManagers.all().map((manager) => instanceManagerResource(base(context), manager)),
      ),
    ),
  );
  app.get('/v1/volumeattachments', (context) =>
    context.json(
      collection(
        base(context),
        'volumeAttachment',
        cluster.attachments.all().map((attachment) => attachmentResource(base(context), attachment)),
      ),
    ),
  );
  app.get('/v1/backuptargets', (context) =>
    context.json(
      collection(
        base(context),
        'backupTarget',
        cluster.backupTargets
          .all()
          .map(({ metadata: { name }, spec }) => ({ id: name, type: 'backupTarget', name, ...spec, available: false })),
      ),
    ),
  );
}

function describeVolume(cluster: Cluster, at: string, name: string): Resource | undefined {
  const volume = cluster.volumes.get(name);
  if (volume === undefined) return undefined;
  const engines = cluster.engines.all().filter((engine) => engine.spec.volumeName === name);
  const replicas = cluster.replicas
    .all()
    .filter((replica) => replica.spec.volumeName === name)
    .toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
  return volumeResource(at, { volume, engines, replicas, attachment: cluster.attachments.get(name) });
}

function managerAddress(cluster: Cluster, node: string): string {
  const pod = cluster.pods
    .all()
    .find((candidate) => candidate.metadata.labels?.['app'] === 'longhorn-manager' && candidate.spec.nodeName === node);
  return pod?.status?.podIP ?? '';
}

/** The URL that the caller used for /v1, behind whatever proxy. */
function base(context: Context): string {
  const host = context.req.header('x-forwarded-host') ?? context.req.header('host') ?? `localhost:${apiPort}`;
  return `${context.req.header('x-forwarded-proto') ?? 'http'}://${host}/v1`;
}

async function body<T>(context: Context): Promise<T> {
  const text = await context.req.text();
  try {
    return (text === '' ? {} : JSON.parse(text)) as T;
  } catch (error) {
    throw new ApiProblem(500, (error as Error).message);
  }
}

function problem(context: Context, error: Error): Response {
  const status = error instanceof ApiProblem || (error instanceof KubernetesError && error.status === 404) ? error.status : 500;
  process.stderr.write(`longhorn-manager: HTTP handling error: ${error.message}\n`);
  const code = status === 404 ? 'Not Found' : 'Internal Server Error';
  return context.json({ actions: null, links: null, type: 'error', status, code, message: error.message, detail: '' }, status as 404 | 500);
}
