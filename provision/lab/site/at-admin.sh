#!/bin/sh
# Runs a command of the machine with the lab's own names: in a mount namespace of its own, the machine's
# /etc/resolv.conf and /etc/hosts are covered by those of a host of the lab. at-admin.sh FOLDER COMMAND...
set -eu
folder=$1
shift
mount --make-rprivate /
mount --bind "$folder/resolv.conf" "$(readlink -f /etc/resolv.conf)"
mount --bind "$folder/hosts" /etc/hosts
exec "$@"
