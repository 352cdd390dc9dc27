#!/bin/sh
# A folder of a check's own where the guide's reader works, below the folder for temporary files. In the reader's own folder:
# reader-folder.sh with-scripts NAME: one with the reader's scripts and kubeconfig, and nothing else of it; prints its path
# reader-folder.sh with-kubectl NAME PROGRAM: one where `kubectl` is this program; prints its path, then the search path that finds it
# reader-folder.sh remove NAME
set -eu
folder=${TMPDIR:-/tmp}/$2
case $1 in
with-scripts)
  mkdir -m 700 "$folder"
  ln -s "$PWD/kubeconfig" "$PWD"/*.sh "$folder/"
  printf '%s\n' "$folder"
  ;;
with-kubectl)
  mkdir -m 700 "$folder"
  printf '%s\n' "$3" >"$folder/kubectl"
  chmod +x "$folder/kubectl"
  printf '%s\n' "$folder" "$folder:$PATH"
  ;;
remove) rm -rf "$folder" ;;
esac
