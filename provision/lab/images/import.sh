#!/bin/sh
# Imports an OCI layout with a containerd of its own: import.sh ROOTFS LAYOUT CONTENT CONFIG REFERENCES
# Runs in mount, PID and network namespaces that nobody else is in; ROOTFS stays as it is. CONTENT becomes a ready
# /var/lib/containerd. REFERENCES is how many images the layout names. Prints the references that containerd then knows.
set -eu
rootfs=$1 layout=$2 content=$3 config=$4 references=$5

mount --make-rprivate /
mount --bind "$rootfs" "$rootfs"
mount -t proc proc "$rootfs/proc"
mount --rbind /sys "$rootfs/sys"
mount --rbind /dev "$rootfs/dev"
mount -t tmpfs tmpfs "$rootfs/run"
mount -t tmpfs tmpfs "$rootfs/tmp"
mount --bind "$content" "$rootfs/var/lib/containerd"
mkdir "$rootfs/run/layout"
mount --bind "$layout" "$rootfs/run/layout"
cp "$config" "$rootfs/run/containerd.toml"
mount -o remount,bind,ro "$rootfs"

in_rootfs() { chroot "$rootfs" "$@"; }

# Waits until a command succeeds, at most 30 s.
wait_for() {
	attempts=0
	until "$@"; do
		attempts=$((attempts + 1))
		if [ "$attempts" -gt 300 ]; then
			tail -n 20 "$rootfs/run/containerd.log" >&2
			echo "gave up after 30 s on: $*" >&2
			exit 1
		fi
		sleep 0.1
	done
}

answers() { in_rootfs ctr version >/dev/null 2>&1; }

# containerd's CRI part learns of an image from an event, and marks it.
all_marked() {
	[ "$(in_rootfs ctr -n k8s.io images ls -q 'labels."io.cri-containerd.image"==managed' | grep -cv '^sha256:\|@sha256:')" -eq "$references" ]
}

in_rootfs containerd --config /run/containerd.toml >"$rootfs/run/containerd.log" 2>&1 &
containerd=$!
wait_for answers
in_rootfs tar -C /run/layout -cf - . | in_rootfs ctr -n k8s.io images import --snapshotter overlayfs - >&2
wait_for all_marked
in_rootfs ctr -n k8s.io images ls -q
kill "$containerd"
wait "$containerd" || true
