#!/bin/sh
# What sshfs starts in place of ssh(1), with ssh's arguments: ... -s HOST sftp. A connection to NFS's port that is given up when it
# has had no answer for 25 s, as long as Longhorn's NFS client takes to come back (TCP_USER_TIMEOUT, tcp(7), is option 18 of level 6).
set -eu
last=''
for argument in "$@"; do
  host=$last
  last=$argument
done
exec socat STDIO "TCP:$host:2049,nodelay,setsockopt=6:18:25000"
