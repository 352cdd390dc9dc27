/** The only sources that a self-contained page needs; the browser refuses every other, so that the page cannot call home. */
const policy = "default-src data: blob: 'unsafe-inline' 'unsafe-eval'";

/**
 * Hides the "success rate" in the ring: it counts rehearsed and waived as success and ignores what was not run.
 * The ring's parts stay, each with its number.
 */
const style = '[aria-label^="Success rate"] { display: none }';

/**
 * The page without Allure's own visitor statistics, which version 3.18 writes into every report and has no option for,
 * and with a policy that keeps the browser from loading anything from a network.
 */
export function offlineHtml(html: string): string {
  const withoutTracker = html.replace(
    /<script async src="https:\/\/www\.googletagmanager\.com[^"]*"><\/script>\s*<script>[\s\S]*?<\/script>/,
    '',
  );
  return withoutTracker.replace(
    '<head>',
    `<head>\n    <meta http-equiv="Content-Security-Policy" content="${policy}">\n    <style>${style}</style>`,
  );
}
