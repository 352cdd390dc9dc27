#!/bin/sh
# First process of a node: the machine's root file system, then its services, supervised. init-node.sh NODE
# The operating system is read-only, as on Talos; /etc, /var and /opt/cni are the node's disk.
set -eu
# shellcheck source=provision/lab/site/root.sh
. /lab/site/root.sh
node=$1
disk=/lab/nodes/$node/disk
hostname "$node"
mount --make-rprivate /
root=/run/root-$node
mkdir -p "$root"
mount -t tmpfs -o mode=755 node "$root"
system_folders / "$root"
mount --bind "$disk/etc" "$root/etc"
mount --bind "$disk/var" "$root/var"
mkdir -p "$root/opt/cni" "$root/opt/lab" "$root/root"
mount --bind "$disk/opt/cni" "$root/opt/cni"
mount --rbind /opt/lab "$root/opt/lab"
# The worker's second disk, /dev/sdb in the guide; the kubelet's extraMounts bind it further (guide: Step 6).
if [ -e "/lab/nodes/$node/sdb.img" ]; then
  mkdir -p "$root/var/mnt/longhorn"
  mount_image "/lab/nodes/$node/sdb.img" "$root/var/mnt/longhorn"
  while read -r target; do
    mkdir -p "$root$target"
    mount --bind "$root/var/mnt/longhorn" "$root$target"
  done <"$disk/etc/lab/data-disk-binds"
  # What Talos's iscsi-tools extension brings, as programs of the stand-ins: the read-only system has no place for them.
  mount -t overlay -o "ro,lowerdir=/opt/lab/stand-ins/sbin:$root/usr/sbin" sbin "$root/sbin"
fi
device_files "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t bpf bpf "$root/sys/fs/bpf" 2>/dev/null || true
control_groups "$root"

cd "$root"
mkdir -p mnt
pivot_root . mnt
# The lab's folder stays in sight only long enough to say that the machine has started.
mkdir -p /run/lab
mount --bind "/mnt/lab/nodes/$node" /run/lab
umount -l /mnt
cd /
mkdir -p /run/lock /run/netns /run/containerd /run/calico /run/service
# The kubelet sets these for the whole machine, no namespace holds them: on a node they are files of its own that
# already have the values that it wants (kubelet: container_manager_linux.go).
mkdir -p /run/sysctl
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  key=${setting%=*}
  own=/run/sysctl/$(echo "$key" | tr / .)
  echo "${setting#*=}" >"$own"
  [ ! -e "/proc/sys/$key" ] || mount --bind "$own" "/proc/sys/$key"
done
sysctl_quiet net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
sysctl_quiet net.ipv6.conf.all.disable_ipv6=0
mount --make-rshared /
cp -r /etc/service/. /run/service/
# runsvdir(8) leaves a folder alone that changed within the last second.
touch -d "1 minute ago" /run/service
touch /run/lab/booted
umount /run/lab
# All nodes share the machine's few processors: more threads of a Go program only wake each other (docs/how-it-works.md).
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 GOMAXPROCS=1 runsvdir -P /run/service
