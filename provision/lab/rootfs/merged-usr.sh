#!/bin/sh
# mmdebstrap's setup hook: makes /bin, /sbin and /lib* links into /usr, before the first package is unpacked.
# usr-is-merged would do it, but its maintainer script does not run in the extract variant.
set -eu
root=$1
for name in bin sbin lib lib64; do
	mkdir -p "$root/usr/$name"
	ln -s "usr/$name" "$root/$name"
done
