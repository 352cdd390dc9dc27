#!/bin/sh
# The service of a node in the site: joins the node's control groups, then becomes the parent of its first process.
# boot-node.sh NODE
set -eu
node=$1
exec >"/lab/nodes/$node/console.log" 2>&1
if [ "$CGROUPS" = 2 ]; then
  mkdir -p "/sys/fs/cgroup/$node/init"
  echo $$ >"/sys/fs/cgroup/$node/cgroup.procs"
else
  printf '%s\n' "$CGROUPS" | while IFS='	' read -r folder _; do
    tree=/sys/fs/cgroup/$folder/$node
    mkdir -p "$tree"
    for setting in cpuset.cpus cpuset.mems; do
      [ ! -e "$tree/$setting" ] || cat "/sys/fs/cgroup/$folder/$setting" >"$tree/$setting"
    done
    echo $$ >"$tree/cgroup.procs"
  done
fi
exec unshare --cgroup /lab/site/start-node.sh "$node"
