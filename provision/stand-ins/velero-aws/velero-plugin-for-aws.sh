#!/bin/sh
# The plugin's program, where Velero finds it: it tells Velero the path that it was started from.
exec /usr/local/bin/node --max-old-space-size=128 /app/velero-plugin-for-aws.mjs "$0"
