#!/bin/sh
# tgtd: each volume of the node keeps one thread waiting for its requests.
UV_THREADPOOL_SIZE=128 exec /usr/local/bin/node --max-old-space-size=64 /app/tgtd.mjs "$@"
