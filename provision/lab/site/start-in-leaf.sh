#!/bin/sh
# Between the site's cgroup namespace and its other namespaces. Version 2 of control groups lets a group hand controllers
# down only when it holds no process itself: this process goes to a leaf first.
#   LEAF             the leaf's cgroup.procs; empty with version 1
#   SUBTREE_CONTROL  the group's cgroup.subtree_control
#   ROOT_CONTROL     the cgroup.subtree_control of the group above
#   CONTROLLERS      the controllers that both hand down
if [ -n "$LEAF" ]; then
  echo $$ >"$LEAF" || exit
  # Whenever a unit starts, systemd takes from the root's groups what no unit needs: also between these two lines (seen).
  tries=0
  until echo "$CONTROLLERS" >"$ROOT_CONTROL" && echo "$CONTROLLERS" >"$SUBTREE_CONTROL"; do
    tries=$((tries + 1))
    if [ $tries -eq 50 ]; then
      echo "the lab's control group may not hand down $CONTROLLERS" >&2
      exit 1
    fi
    sleep 0.1
  done
fi
exec unshare --mount --net --pid --uts --ipc --fork --kill-child=KILL "$LAB/site/init.sh"
