/** Text into HTML. */
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** A page of the dashboard; `token` is what forms and scripts send back against request forgery. */
export function page(title: string, body: string, token?: string): string {
  const meta =
    token === undefined ? '' : `<meta name="csrf-param" content="authenticity_token"><meta name="csrf-token" content="${escape(token)}">`;
  return `<!DOCTYPE html>
<html lang="en" data-theme="dark">
<head><title>${escape(title)}</title>${meta}<meta property="og:site_name" content="Canine"></head>
<body>
${body}
</body>
</html>
`;
}

/** The title of a page that names none. */
export const defaultTitle = 'Canine - A Developer-friendly PaaS for your Kubernetes';

export interface Field {
  readonly name: string;
  readonly type: 'text' | 'email' | 'password' | 'hidden' | 'checkbox';
  readonly value?: string;
}

/** A form that posts to `action`. */
export function form(action: string, token: string, fields: readonly Field[], submit: string): string {
  const inputs = [{ name: 'authenticity_token', type: 'hidden', value: token } as const, ...fields].map(
    ({ name, type, value = '' }) => `<input type="${type}" name="${escape(name)}" value="${escape(value)}">`,
  );
  return `<form action="${escape(action)}" accept-charset="UTF-8" method="post">${inputs.join('\n')}<input type="submit" name="commit" value="${escape(submit)}"></form>`;
}

/** Rails' button_to with method delete. */
export function deleteButton(action: string, token: string): string {
  return form(action, token, [{ name: '_method', type: 'hidden', value: 'delete' }], 'Delete');
}

export function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join('\n')}</ul>`;
}
