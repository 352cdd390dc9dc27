#!/bin/sh
# A copy of the folder where the guide's reader works, below the folder for temporary files, so that what a script leaves there can
# be told from what was there. In the reader's own folder:
#   reader-copy.sh make NAME     prints the copy's path; a passphrase of its own lies in it as `conform-passphrase`
#   reader-copy.sh remove NAME
set -eu
folder=${TMPDIR:-/tmp}/$2
case $1 in
make)
  mkdir -m 700 "$folder"
  for file in *; do if [ -f "$file" ]; then cp -p "$file" "$folder/"; fi; done
  umask 077
  od -An -N 24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/conform-passphrase"
  printf '%s\n' "$folder"
  ;;
remove) rm -rf "$folder" ;;
esac
