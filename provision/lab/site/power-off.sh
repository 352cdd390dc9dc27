#!/bin/sh
# Cuts a node's power, inside the site: everything on it dies at once, its disk stays. power-off.sh NODE
# The network card goes first: a network namespace outlives its processes, and would still answer ARP and send RST.
# It is deleted, not set down: orphaned sockets hold the old namespace for a minute, and with it the card's name.
set -eu
node=$1
ip link delete "v-$node" 2>/dev/null || true
if first=$(/lab/site/first-process.sh "$node"); then
  kill -9 "$first"
fi
while sv status "/run/service/node-$node" | grep -q ^run:; do
  sleep 0.02
done
ip netns delete "$node" 2>/dev/null || true
if [ "$CGROUPS" = 2 ]; then
  trees="/sys/fs/cgroup/$node"
else
  trees=$(printf '%s\n' "$CGROUPS" | while IFS='	' read -r folder _; do echo "/sys/fs/cgroup/$folder/$node"; done)
fi
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  left=
  for tree in $trees; do
    [ -d "$tree" ] || continue
    find "$tree" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ ! -d "$tree" ] || left=$tree
  done
  [ -n "$left" ] || exit 0
  sleep 0.2
done
echo "cgroup $left is still in use $attempt tries after the power cut" >&2
exit 1
