#!/bin/sh
# The power button of a node. The file `arguments` beside it holds those of power-requests.sh.
exec >>/lab/site/power.log 2>&1
read -r node address gateway mac <arguments
exec /lab/site/power-requests.sh "$node" "$address" "$gateway" "$mac"
