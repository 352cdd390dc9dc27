#!/bin/sh
# A session with the MCP server at @URL@ (modelcontextprotocol.io, Lifecycle): prints a line for each call, its name and its answer.
set -u
url='@URL@'
session=

# NAME BODY
call() {
  printf '%s ' "$1"
  curl -q -s -m 60 -D /tmp/conform-mcp-headers \
    -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
    ${session:+-H "Mcp-Session-Id: $session"} -d "$2" "$url" | sed 's/^data: //' | tr -d '\r\n'
  echo
}

call initialize '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"conform","version":"1"}}}'
session=$(sed -n 's/^[Mm]cp-[Ss]ession-[Ii]d: *\([^[:space:]]*\).*/\1/p' /tmp/conform-mcp-headers)
call initialized '{"jsonrpc":"2.0","method":"notifications/initialized"}'
call list '{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
call costs '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"get_allocation_costs","arguments":{"window":"1d","aggregate":"namespace","accumulate":true}}}'
call made-up '{"jsonrpc":"2.0","id":4,"method":"conform/no-such-method"}'
rm -f /tmp/conform-mcp-headers
