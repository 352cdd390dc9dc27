#!/bin/sh
# Gives the pods that ask for no processor a share of it on every node. The kubelet gives them 2 of 1024, the least there is, at its
# start, with each pod and every minute (kubernetes: qos_container_manager_linux.go). A machine of its own has idle processors for
# them; here six machines share a few, and speakers, Longhorn and Canine starved while pods that ask for some were busy (seen).
exec >>/lab/site/shares.log 2>&1

# GROUP FILE VALUE: a node without power has no such group, and may lose it at any time.
give() {
  [ ! -e "$1/$2" ] || echo "$3" >"$1/$2"
}

while :; do
  for group in /sys/fs/cgroup/*/*/kubepods/besteffort; do give "$group" cpu.shares 1024; done
  # What version 2 makes of 1024 shares (kubernetes.io: KEP-2254).
  for group in /sys/fs/cgroup/*/kubepods/besteffort; do give "$group" cpu.weight 39; done
  sleep 2
done
