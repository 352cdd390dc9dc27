#!/bin/sh
# iscsiadm on a node: the records and sessions of targets, as far as Longhorn's engine asks (go-iscsi-helper, iscsi/initiator.go).
# The target's tgtd makes the disk; here it gets the looks of a SCSI disk.
set -u
state=/run/iscsi
mkdir -p "$state/nodes" "$state/sessions" "$state/disks"
# open-iscsi's exit code for "no objects found".
none=21

fail() {
  echo "iscsiadm: $2" >&2
  exit "$1"
}

# One request to the tgtd at a portal: ask ADDRESS VERB [TARGET]
ask() {
  portal=$1
  shift
  answer=$(printf '%s\n' "$@" | nc -N -w 60 "$portal" 3260 2>/dev/null) || [ -n "$answer" ] || return 1
  [ "${answer%%
*}" = ok ] || {
    echo "$answer" >&2
    return 1
  }
  [ "$answer" = ok ] || printf '%s\n' "${answer#ok
}"
}

# Longhorn sets device/timeout of the disk, which a loop device has not: a folder with everything of the real one and this file lies
# over it. undress comes first: a session that ended with its target may have left one.
dress() {
  folder=$state/disks/$1
  real=/sys/devices/virtual/block/$1
  mkdir -p "$folder/real" "$folder/device"
  mount --bind "$real" "$folder/real"
  # What is mounted over the real one must not show in here.
  mount --make-private "$folder/real"
  for entry in "$real"/*; do ln -sfn "real/${entry##*/}" "$folder/${entry##*/}"; done
  echo 30 >"$folder/device/timeout"
  mount --rbind "$folder" "$real"
}

undress() {
  [ -d "$state/disks/$1" ] || return 0
  umount -l "/sys/devices/virtual/block/$1" 2>/dev/null
  umount -l "$state/disks/$1/real" 2>/dev/null
  rm -rf "$state/disks/$1/device"
  for link in "$state/disks/$1"/*; do [ ! -L "$link" ] || rm "$link"; done
  rmdir "$state/disks/$1/real" "$state/disks/$1"
}

# Sessions whose disk is somebody else's by now: forget DISK
forget() {
  for other in "$state"/sessions/*; do
    [ -e "$other" ] || continue
    read -r _ its_disk <"$other"
    [ "$its_disk" != "$1" ] || rm -f "$other"
  done
}

login() {
  read -r address <"$record"
  disk=$(ask "$address" login "$target") || fail 8 "could not log in to $target"
  undress "$disk"
  forget "$disk"
  dress "$disk" || fail 8 "no SCSI looks for $disk"
  echo "$address $disk" >"$session"
  echo "Login to [iface: default, target: $target, portal: $address,3260] successful."
}

logout() {
  [ -e "$session" ] || fail "$none" 'No matching sessions found'
  read -r address disk <"$session"
  undress "$disk"
  # Its target may be gone.
  ask "$address" logout "$target" 2>/dev/null
  rm -f "$session"
}

discover() {
  names=$(ask "$portal" list) || fail 4 "cannot make connection to $portal"
  for name in $names; do
    echo "$portal" >"$state/nodes/$name"
    echo "$portal:3260,1 $name"
  done
}

sessions() {
  found=
  for each in "$state"/sessions/*; do
    [ -e "$each" ] || continue
    found=yes
    read -r address disk <"$each"
    if [ "$detail" = 3 ]; then
      printf 'Target: %s (non-flash)\n\tCurrent Portal: %s:3260,1\n\t\tscsi2 Channel 00 Id 0 Lun: 1\n' "${each##*/}" "$address"
      printf '\t\t\tAttached scsi disk %s\t\tState: running\n' "$disk"
    else
      echo "tcp: [1] $address:3260,1 ${each##*/} (non-flash)"
    fi
  done
  [ -n "$found" ] || fail "$none" 'No active sessions.'
}

node() {
  [ -e "$record" ] || fail "$none" 'No records found'
  case $action in
    login) login ;;
    logout) logout ;;
    rescan)
      read -r address _ <"$session" || fail "$none" 'No session found.'
      ask "$address" rescan "$target" || fail 8 "could not rescan $target"
      ;;
    delete) rm -f "$record" ;;
    *) echo 'node.session.scan = auto' ;;
  esac
}

mode='' target='' portal='' action='' detail=''
while [ $# -gt 0 ]; do
  case $1 in
    --version)
      echo 'iscsiadm version 2.1.8'
      exit
      ;;
    -m) mode=$2 ;;
    -T) target=$2 ;;
    -p) portal=${2%%:*} ;;
    -o) action=$2 ;;
    -P) detail=$2 ;;
    -n | -v | -t) ;;
    --login | --logout | --rescan) action=${1#--} ;;
    -R) action=rescan ;;
    *) fail 7 "unknown option $1" ;;
  esac
  case $1 in --login | --logout | --rescan | -R) shift ;; *) shift 2 ;; esac
done
record=$state/nodes/$target session=$state/sessions/$target
case $mode in
  discovery) discover ;;
  session) sessions ;;
  node) node ;;
  *) fail 7 "unknown mode $mode" ;;
esac
