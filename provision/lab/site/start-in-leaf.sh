#!/bin/sh
# Between the site's cgroup namespace and its other namespaces. Version 2 of control groups lets a group hand controllers
# down only when it holds no process itself: this process goes to a leaf first.
#   LEAF             the leaf's cgroup.procs; empty with version 1
#   SUBTREE_CONTROL  the group's cgroup.subtree_control
#   CONTROLLERS      the controllers that it hands down
if [ -n "$LEAF" ]; then
  echo $$ >"$LEAF" && echo "$CONTROLLERS" >"$SUBTREE_CONTROL"
fi
exec unshare --mount --net --pid --uts --ipc --fork --kill-child=KILL "$LAB/site/init.sh"
