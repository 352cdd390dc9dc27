import { describe, expect, it } from 'vitest';
import { mcpAnswersIn } from './mcp-answers.ts';

const told = {
  data: {
    allocations: {
      allocations: {
        allocations: [
          { name: 'a', totalCost: 0.5 },
          { name: 'b', totalCost: 0.25 },
        ],
      },
    },
  },
};
const printed = [
  'initialize {"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"opencost-mcp-server","version":"1"}}}',
  'initialized ',
  'list {"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"get_allocation_costs"},{"name":"get_asset_costs"}]}}',
  `costs ${JSON.stringify({ jsonrpc: '2.0', id: 3, result: { content: [{ type: 'text', text: JSON.stringify(told) }] } })}`,
  'made-up {"jsonrpc":"2.0","id":4,"error":{"code":-32601,"message":"method not found"}}',
].join('\n');

describe('a session with the MCP server', () => {
  it('has its name, its tools, its total and its refusal', () => {
    expect(mcpAnswersIn(printed)).toEqual({
      server: 'opencost-mcp-server',
      tools: ['get_allocation_costs', 'get_asset_costs'],
      total: 0.75,
      madeUp: '-32601 method not found',
    });
  });

  it('has nothing where the server is silent', () => {
    expect(mcpAnswersIn('initialize \nlist \ncosts \nmade-up \n')).toEqual({
      server: undefined,
      tools: [],
      total: undefined,
      madeUp: undefined,
    });
  });

  it('has no total where the tool failed', () => {
    const failed = JSON.stringify({ result: { isError: true, content: [{ text: 'failed' }] } });
    expect(mcpAnswersIn(`costs ${failed}`).total).toBeUndefined();
  });
});
