#!/bin/sh
# Joins the lab's control groups, makes the cgroup namespace there, and becomes the parent of the site's first process.
# start-site.sh CGROUP_PROCS...
#   LIFE     "tied": dies with the process that started it; "detached": stays
#   further variables: see start-in-leaf.sh and init.sh
for group in "$@"; do echo $$ >"$group"; done
if [ "$LIFE" = tied ]; then
  exec setpriv --pdeathsig KILL unshare --cgroup "$LAB/site/start-in-leaf.sh"
fi
exec unshare --cgroup "$LAB/site/start-in-leaf.sh"
