#!/bin/sh
# A folder of a check's own where the guide's reader works, with the reader's files, and programs that are found before the usual ones.
# In the reader's own folder:
# reader-folder.sh make NAME DATE CURL GPG: prints the folder, then the search path that finds these three programs first
# reader-folder.sh remove NAME
set -eu
folder=${TMPDIR:-/tmp}/$2
case $1 in
make)
  mkdir -m 700 "$folder" "$folder/bin"
  for file in "$PWD/kubeconfig" "$PWD/talosconfig" "$PWD"/*.sh "$PWD"/*.yaml; do
    [ ! -e "$file" ] || ln -s "$file" "$folder/"
  done
  printf '%s\n' "$3" >"$folder/bin/date"
  printf '%s\n' "$4" >"$folder/bin/curl"
  printf '%s\n' "$5" >"$folder/bin/gpg"
  chmod +x "$folder/bin/date" "$folder/bin/curl" "$folder/bin/gpg"
  printf '%s\n' "$folder" "$folder/bin:$PATH"
  ;;
remove) rm -rf "$folder" ;;
esac
