#!/bin/sh
# Writes 1, 2, 3 ... to file $1 of a volume. Each number is on the volume before it is acknowledged in $2, which is elsewhere, with the
# time in seconds since the machine's start; one whose write failed is written again. It ends when there is a file $2.stop.
set -u
n=1
while [ ! -e "$2.stop" ]; do
  if echo "$n" | dd of="$1" oflag=append conv=notrunc,fsync 2>/dev/null; then
    echo "$n $(cut -d ' ' -f 1 /proc/uptime)" >>"$2"
    n=$((n + 1))
  fi
  sleep 0.2
done
touch "$2.stopped"
while :; do sleep 3600; done
