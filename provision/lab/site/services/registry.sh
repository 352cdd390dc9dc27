#!/bin/sh
# The stand-in for the registry mirrors, on the gateway.
exec >>/lab/site/registry.log 2>&1
exec env PORT=5000 IMAGES=/opt/lab/images /opt/lab/node/node /opt/lab/stand-ins/registry.mjs
