#!/bin/sh
# Runs a command on a node, inside the site. in-node.sh NODE COMMAND...
node=$1
shift
first=$(/lab/site/first-process.sh "$node") || {
  echo "node $node is off" >&2
  exit 69
}
exec nsenter -t "$first" -m -u -i -n -p -C -- "$@"
