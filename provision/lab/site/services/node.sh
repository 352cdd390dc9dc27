#!/bin/sh
# A node, named by the service's folder: node-NAME.
exec /lab/site/boot-node.sh "${PWD##*/node-}"
