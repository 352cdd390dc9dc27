# shellcheck shell=sh
# Kills every process of a container at once, as a crash does. Runs on the container's node.
#
#   ID    the container's ID, without the name of its runtime
#
# POSIX shell. A container's control group is named after its ID.
id=$1
killed=0
for process in /proc/[0-9]*; do
  if grep -qs "$id" "$process/cgroup" && kill -9 "${process#/proc/}" 2>/dev/null; then killed=$((killed + 1)); fi
done
if [ "$killed" -eq 0 ]; then
  echo "no process of container $id runs here" >&2
  exit 1
fi
echo "$killed"
