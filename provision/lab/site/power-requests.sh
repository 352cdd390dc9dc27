#!/bin/sh
# Gives a node the power that its own API asked for: each line of a pipe on the node's disk is a wish.
# power-requests.sh NODE ADDRESS/PREFIX GATEWAY MAC (those of power-on.sh)
set -eu
node=$1
pipe=/lab/nodes/$node/disk/etc/lab/power
[ -p "$pipe" ] || {
  rm -f "$pipe"
  mkfifo -m 600 "$pipe"
}
while read -r wish <"$pipe"; do
  echo "$node: $wish"
  case $wish in
  shutdown) /lab/site/power-off.sh "$node" ;;
  reboot)
    /lab/site/power-off.sh "$node"
    /lab/site/power-on.sh "$@"
    ;;
  *) echo "$node: no such wish" ;;
  esac
done
