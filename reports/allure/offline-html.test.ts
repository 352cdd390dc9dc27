import { expect, test } from 'vitest';
import { offlineHtml } from './offline-html.ts';

test('the page loses its tracker and gains a policy, and nothing else changes', () => {
  const tracker = '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>\n<script>\ngtag();\n</script>';
  const html = offlineHtml(`<html><head><title>t</title></head><body><script>a()</script>${tracker}<script>b()</script></body></html>`);
  expect(html).not.toContain('gtag');
  expect(html).toContain('<script>a()</script><script>b()</script>');
  expect(html).toMatch(/<head>\s*<meta http-equiv="Content-Security-Policy" content="default-src data: /);
});
