#!/bin/sh
# kubectl for the front of the PATH: notes in the file `calls` beside it when each call begins and ends, in seconds since the
# machine started (proc(5), uptime), how it ended, and its arguments.
folder=${0%/*}
PATH=${PATH#*:}
read -r began _ </proc/uptime
status=0
kubectl "$@" || status=$?
read -r ended _ </proc/uptime
printf '%s %s %s %s\n' "$began" "$ended" "$status" "$*" >>"$folder/calls"
exit "$status"
