#!/bin/sh
# mount(8)'s program for NFS on a node whose kernel has no NFS client: sshfs to the SFTP server that stands in for ganesha.nfsd.
# mount.nfs HOST:/VOLUME TARGET [-o OPTIONS]: the options are NFS's and have no effect.
exec sshfs "${1%%:*}:/export${1#*:}" "$2" \
  -o ssh_command=/sbin/nfs-connect,allow_other,reconnect,dir_cache=no,attr_timeout=1,entry_timeout=1,auto_cache
