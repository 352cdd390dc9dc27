#!/bin/sh
# Mounts an overlay in a folder and writes to it, in a mount namespace of its own: try-overlay.sh FOLDER
set -eu
cd "$1"
mkdir lower upper work merged
echo lower >lower/file
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
echo upper >merged/file
rm merged/file
