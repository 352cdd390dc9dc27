#!/bin/sh
# First process of a site: gives it a root of its own, in which nothing of the machine can be written but the
# lab's state folder, then supervises the lab. Runs in new PID, mount, network, UTS, IPC and cgroup namespaces.
#   LAB      the lab's state folder (becomes /lab)
#   ROOTFS   Debian root file system (becomes /usr, /bin, ...; read-only)
#   BIND     lines "source target": further folders, read-only
#   CGROUPS  "2", or lines "folder options" of the cgroup v1 hierarchies
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 CGROUPS
# shellcheck source=provision/lab/site/root.sh
. "$LAB/site/root.sh"

hostname site
mount --make-rprivate /
root=$LAB/site/root
mkdir -p "$root"
mount -t tmpfs -o mode=755 site "$root"
system_folders "$ROOTFS" "$root"
mkdir -p "$root/lab" "$root/etc/netns" "$root/root" "$root/var/log"
mount --bind "$LAB" "$root/lab"
cp "$ROOTFS/etc/passwd" "$ROOTFS/etc/group" "$ROOTFS/etc/protocols" "$ROOTFS/etc/services" "$root/etc/"
cp -r "$LAB/site/netns/." "$root/etc/netns/"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
printf 'nameserver 192.168.29.1\n' >"$root/etc/resolv.conf"
printf '%s\n' "$BIND" | while IFS='	' read -r source target; do
  [ -n "$source" ] || continue
  mkdir -p "$root$target"
  mount --bind "$source" "$root$target"
  mount -o remount,bind,ro "$root$target"
done
device_files "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
control_groups "$root"

cd "$root"
mkdir -p mnt
pivot_root . mnt
umount -l /mnt
cd /
mkdir -p /run/netns /run/lock /run/service
mount --make-rshared /

ip -batch /lab/site/network.batch
for host in /lab/site/hosts/*.batch; do
  name=${host##*/}
  ip -n "${name%.batch}" -batch "$host"
done
sysctl_quiet net.ipv4.ip_forward=1
cp -r /lab/site/service/. /run/service/
# runsvdir(8) leaves a folder alone that changed within the last second.
touch -d "1 minute ago" /run/service
touch /lab/site/ready
exec env -i PATH="$PATH" HOME="$HOME" LANG="$LANG" CGROUPS="$CGROUPS" runsvdir -P /run/service
