/**
 * Stand-in for the container opencost-ui, and for the MCP server that newer releases of OpenCost have in their exporter: the release
 * that runs in the lab has none, and its pod keeps the two containers that it has in the guide.
 *
 * Two servers (ui.ts on UI_PORT, mcp.ts on MCP_HTTP_PORT) before the API of the real OpenCost in the same pod, API_SERVER:API_PORT.
 * They compute nothing. Faults: none; stop the container, or what it asks.
 */
import { mcpServer } from './mcp.ts';
import { uiServer } from './ui.ts';

const port = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

const api = { host: process.env['API_SERVER'] ?? '0.0.0.0', port: port('API_PORT', 9003) };
const [uiPort, mcpPort] = [port('UI_PORT', 9090), port('MCP_HTTP_PORT', 8081)];

uiServer(api).listen(uiPort, () => console.log(`the page on ${uiPort}, the API of ${api.host}:${api.port} under /model/`));
mcpServer(api).listen(mcpPort, () => console.log(`MCP on ${mcpPort}`));

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
