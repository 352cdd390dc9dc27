import { Hono } from 'hono';
import { api } from './api.ts';
import { dashboard } from './dashboard.ts';
import { entrance } from './entrance.ts';
import { railsError } from './rails-errors.ts';
import type { Parts } from './parts.ts';

/** Rails' page for load balancers (rails/health). */
const healthy = '<!DOCTYPE html><html><body style="background-color: green"></body></html>';

/** Every route of Rails may end with the format that is wanted. */
function withoutFormat(request: Request): string {
  return new URL(request.url).pathname.replace(/\.json$/, '');
}

/** Everything that Canine's web process answers, as far as the stand-in has it. */
export function canine(parts: Parts): Hono {
  const app = new Hono({ getPath: withoutFormat });
  app.get('/up', (context) => context.html(healthy));
  app.use(async (context, next) => {
    if ((await parts.faults.parameter('database-down')) !== undefined) return railsError(context, 500);
    return await next();
  });
  app.route('/api/v1', api(parts));
  app.route('/', entrance(parts));
  app.route('/', dashboard(parts));
  app.notFound((context) => railsError(context, 404));
  app.onError((error, context) => {
    console.error(`${context.req.method} ${context.req.path}: ${error.stack ?? String(error)}`);
    return railsError(context, 500);
  });
  return app;
}
