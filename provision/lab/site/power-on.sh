#!/bin/sh
# Powers a node on, inside the site: a fresh network card with the node's own MAC address, then its first process.
# power-on.sh NODE ADDRESS/PREFIX GATEWAY MAC
set -eu
node=$1
# A node that is on stays on.
! /lab/site/first-process.sh "$node" >/dev/null 2>&1 || exit 0
ip netns add "$node"
ip link add eth0 netns "$node" type veth peer name "v-$node"
ip -n "$node" -batch - <<EOF
link set lo up
link set eth0 address $4
link property add dev eth0 altname ens192
addr add $2 dev eth0
link set eth0 up
route add default via $3
EOF
ip link set "v-$node" master br-lan up
rm -f "/lab/nodes/$node/booted" "/lab/nodes/$node/console.log"
# Right after the site's start its supervisor may not yet have seen the node's service.
attempt=0
until answer=$(sv once "/run/service/node-$node"); do
  attempt=$((attempt + 1))
  [ "$attempt" -lt 50 ] || {
    echo "the site's supervisor does not know $node: $answer" >&2
    exit 1
  }
  sleep 0.1
done
# The supervisor says that it runs the node a moment after it was asked to, and after the node has begun: one second of
# "down" in a row means that the node has ended.
down=0
until [ -e "/lab/nodes/$node/booted" ]; do
  if sv status "/run/service/node-$node" | grep -q ^run:; then down=0; else down=$((down + 1)); fi
  [ "$down" -lt 20 ] || {
    echo "the first process of $node ended:" >&2
    tail -n 15 "/lab/nodes/$node/console.log" >&2
    exit 1
  }
  sleep 0.05
done
