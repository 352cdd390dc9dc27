#!/bin/sh
# ganesha.nfsd in Longhorn's share manager, for kernels without an NFS client: SFTP without SSH on NFS's port, of the folders below
# /export. It has NFS's port and its server's name and PID file; it has no locks between nodes and no recovery after a fail-over.
# The share manager asks it by SIGHUP to read its configuration again.
set -u
pid_file=/var/run/ganesha.pid
while [ $# -gt 0 ]; do
  case $1 in
    -p)
      pid_file=$2
      shift
      ;;
  esac
  shift
done
echo $$ >"$pid_file"
socat TCP-LISTEN:2049,reuseaddr,fork,nodelay,keepalive EXEC:'/usr/lib/openssh/sftp-server -e' &
server=$!
trap 'kill "$server"; rm -f "$pid_file"; exit 0' TERM INT
trap : HUP
while kill -0 "$server" 2>/dev/null; do wait "$server"; done
exit 1
