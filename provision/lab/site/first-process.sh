#!/bin/sh
# Prints the ID, in the site, of a node's first process; fails when the node is off. first-process.sh NODE
parent=$(cat "/run/service/node-$1/supervise/pid" 2>/dev/null)
[ -n "$parent" ] || exit 1
# A pgrep would read all of /proc, for every command on a node.
read -r first _ <"/proc/$parent/task/$parent/children" && [ -n "$first" ] || exit 1
echo "$first"
