#!/bin/sh
# Prints the ID, in the site, of a node's first process; fails when the node is off. first-process.sh NODE
parent=$(cat "/run/service/node-$1/supervise/pid" 2>/dev/null)
[ -n "$parent" ] || exit 1
# A pgrep would read all of /proc, for every command on a node. The line has no end, so it is not for read(1).
children=$(cat "/proc/$parent/task/$parent/children" 2>/dev/null)
[ -n "$children" ] || exit 1
echo "${children%% *}"
