# shellcheck shell=sh
# Prints each CNI configuration that a container runtime reads here, in its order: file name, content in base64.
# POSIX shell.
folder=/etc/cni/net.d
[ -d "$folder" ] || exit 0
cd "$folder" || exit 1
for file in *; do
  case $file in
  *.conf | *.conflist | *.json) echo "$file $(base64 <"$file" | tr -d '\n')" ;;
  esac
done
