import type { Context } from 'hono';
import { page } from './page.ts';

type ErrorStatus = 400 | 404 | 406 | 422 | 500;

const names: Readonly<Record<ErrorStatus, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  406: 'Not Acceptable',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
};

/** The statuses that Canine has a page of its own for (public/*.html). */
const pages: Partial<Record<ErrorStatus, { title: string; text: string }>> = {
  404: { title: 'Page Not Found (404)', text: "Sorry, we can't find that page." },
  422: { title: 'The change you wanted was rejected (422)', text: "Maybe you tried to change something you didn't have access to." },
  500: {
    title: "We're sorry, but something went wrong (500)",
    text: 'If you are the application owner check the logs for more information.',
  },
};

/** How Rails 7.2 answers what no controller answered: JSON to whoever asks for it, else Canine's page, else nothing. */
export function railsError(context: Context, status: ErrorStatus): Response {
  if (wants(context, 'json')) return context.json({ status, error: names[status] }, status);
  const own = pages[status];
  if (own === undefined) return context.body('', status, { 'Content-Type': 'text/html; charset=UTF-8', 'Content-Length': '0' });
  return context.html(page(own.title, `<div class="error-code">${status}</div><h1>${own.text}</h1><a href="/">Take me home</a>`), status);
}

/** The format that Rails takes a request to want: a browser's mixed list of types counts as HTML. */
export function wants(context: Context, format: 'json' | 'html'): boolean {
  const accept = context.req.header('accept') ?? '';
  const suffix = new URL(context.req.url).pathname.endsWith('.json');
  const browser = /,\s*\*\/\*|\*\/\*\s*,/.test(accept);
  if (accept === '' || browser) return suffix === (format === 'json');
  const types = accept.split(',').map((type) => (type.split(';')[0] ?? '').trim());
  const json = types[0] === 'application/json' || (types[0] === '*/*' && suffix);
  return format === 'json' ? json : types[0] === '*/*' || types[0] === 'text/html';
}

/** Whether a client takes JSON where a controller has nothing else. */
export function takesJson(context: Context): boolean {
  const accept = context.req.header('accept') ?? '*/*';
  return wants(context, 'json') || accept.trim() === '*/*';
}
