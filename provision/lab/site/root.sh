# shellcheck shell=sh
# Shell functions for the root file system of a site and of a node. Sourced, never run.

# The operating system, read-only: system_folders FROM TO
system_folders() {
  mkdir -p "$2/etc" "$2/opt" "$2/proc" "$2/sys" "$2/dev" "$2/run" "$2/tmp" "$2/var"
  for folder in bin sbin lib lib64 usr; do
    mkdir -p "$2/$folder"
    mount --bind "$1/$folder" "$2/$folder"
    mount -o remount,bind,ro "$2/$folder"
  done
  # kube-proxy and Calico load kernel modules; a machine that has them built in may have no such folder.
  if [ -d /lib/modules ] && [ -d "$2/lib/modules" ]; then
    mount --bind /lib/modules "$2/lib/modules"
    mount -o remount,bind,ro "$2/lib/modules"
  fi
  mount -t tmpfs -o mode=755 run "$2/run"
  mount -t tmpfs -o mode=1777 tmp "$2/tmp"
}

# The few devices that containers and the kubelet ask for; none of the machine's disks: device_files ROOT
device_files() {
  mount -t tmpfs -o mode=755 dev "$1/dev"
  for device in null zero full random urandom tty kmsg fuse loop-control; do
    [ -e "/dev/$device" ] || continue
    touch "$1/dev/$device"
    mount --bind "/dev/$device" "$1/dev/$device"
  done
  mkdir -p "$1/dev/pts" "$1/dev/shm" "$1/dev/mqueue"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$1/dev/pts"
  mount -t tmpfs -o mode=1777 shm "$1/dev/shm"
  mount -t mqueue mqueue "$1/dev/mqueue"
  ln -s pts/ptmx "$1/dev/ptmx"
  ln -s /proc/self/fd "$1/dev/fd"
  ln -s /proc/self/fd/0 "$1/dev/stdin"
  ln -s /proc/self/fd/1 "$1/dev/stdout"
  ln -s /proc/self/fd/2 "$1/dev/stderr"
}

# The cgroup hierarchies as seen from the own cgroup namespace: control_groups ROOT
control_groups() {
  if [ "$CGROUPS" = 2 ]; then
    mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
    return
  fi
  mount -t tmpfs -o mode=755 cgroup "$1/sys/fs/cgroup"
  printf '%s\n' "$CGROUPS" | while IFS='	' read -r folder options; do
    [ -n "$folder" ] || continue
    mkdir -p "$1/sys/fs/cgroup/$folder"
    mount -t cgroup -o "$options" cgroup "$1/sys/fs/cgroup/$folder"
  done
}

# Some settings are read-only in a nested machine, and then already right or without effect: sysctl_quiet KEY=VALUE...
sysctl_quiet() {
  for setting in "$@"; do
    sysctl -qw "$setting" 2>/dev/null || echo "sysctl $setting: refused"
  done
}

# Mounts an image file by a loop device that goes when the mount goes; makes a file system on it first if it has none:
# mount_image FILE TARGET. Other machines of the site may take the same free device at the same time: then once more.
mount_image() {
  [ -e "$1.formatted" ] || { mkfs.xfs -q "$1" && touch "$1.formatted"; }
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    device=$(losetup --find)
    mknod "$device" b 7 "${device#/dev/loop}" 2>/dev/null || [ -e "$device" ]
    ! mount -o "loop=$device" "$1" "$2" || return 0
    sleep 0.1
  done
  echo "no loop device for $1" >&2
  return 1
}
