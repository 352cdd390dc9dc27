#!/bin/sh
# Runs a program in a Debian tree that stays as it is, with this machine's files below /machine. For a mount namespace of its own.
# build-in-tree.sh TREE FOLDER PROGRAM [ARGUMENT...]: FOLDER is where the program starts, as seen inside.
set -eu
tree=$1
folder=$2
shift 2
mount --make-rprivate /
# The tree's own folder is no place for a mount point. /mnt is, here: nobody else sees it.
mount -t tmpfs -o mode=755 compiler /mnt
root=/mnt/root
mkdir -p "$root/usr" "$root/dev" "$root/proc" "$root/tmp" "$root/machine"
# Before the machine's own root, which has /mnt in it.
mount --rbind / "$root/machine"
mount --bind "$tree/usr" "$root/usr"
mount -o remount,bind,ro "$root/usr"
for link in bin sbin lib lib64; do ln -s "usr/$link" "$root/$link"; done
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
exec chroot "$root" env -C "$folder" "$@"
