#!/bin/sh
# Between a node's cgroup namespace and its other namespaces. Version 2 hands controllers down only from a group that
# holds no process itself: so everything of the node, this process too, goes to a leaf below the node's own root group.
# start-node.sh NODE
set -eu
[ "$CGROUPS" != 2 ] || echo $$ >"/sys/fs/cgroup/$1/init/cgroup.procs"
exec nsenter --net="/run/netns/$1" \
  unshare --mount --uts --pid --ipc --fork --kill-child=KILL /lab/site/init-node.sh "$1"
