# shellcheck shell=sh
# write BYTES: a file of so many bytes, a multiple of 1048576, that is on the disk afterwards; remove: takes it away. POSIX shell.
file=/host/conform-written
case $1 in
write) dd if=/dev/urandom of="$file" bs=1048576 count=$(($2 / 1048576)) 2>/dev/null && sync ;;
remove) rm -f "$file" ;;
esac
