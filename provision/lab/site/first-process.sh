#!/bin/sh
# Prints the ID, in the site, of a node's first process; fails when the node is off. first-process.sh NODE
parent=$(cat "/run/service/node-$1/supervise/pid" 2>/dev/null)
[ -n "$parent" ] || exit 1
pgrep -P "$parent"
