#!/bin/sh
# The CPU quota, its period and the memory limit of the container that this runs in: of cgroup v2, as on Talos, or else of v1.
cd /sys/fs/cgroup || exit
cat cpu.max 2>/dev/null || cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us
cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes
