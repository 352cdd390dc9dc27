# shellcheck shell=sh
# In a pod that sees a folder of its host at /host: ACTION NAME, and a word that says what came of it. POSIX shell, util-linux or busybox.
#
#   source   the file system at /host, as the kernel names it      root     the one at /
#   write    a file of that name, and away with it                 mount    an empty file system at a folder of that name
#   look     whether a mount of that name is there                 unmount  takes it away
set -u
at=/host/$2
source_of() { awk -v at="$1" '$2 == at { found = $1 } END { print found == "" ? "not mounted" : found }' /proc/self/mounts; }
case $1 in
source) source_of /host ;;
root) source_of / ;;
write) { echo "$2" >"$at.file" && rm "$at.file" && echo written; } || echo refused ;;
mount) { mkdir "$at" && mount -t tmpfs -o size=64k "$2" "$at" && echo mounted; } 2>&1 ;;
look) if grep -q " $at " /proc/self/mounts; then echo seen; else echo 'not seen'; fi ;;
unmount)
  umount "$at" 2>/dev/null
  rmdir "$at" 2>/dev/null
  echo gone
  ;;
esac
