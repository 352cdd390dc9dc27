# shellcheck shell=sh
# Looks at what configuration-backup.sh has left in this folder. POSIX shell, gpg, tar; the passphrase is in $PASSPHRASE_FILE.
#
#   left                the names of the archives and folders `cluster-backup-*`, a line each
#   packets FILE        the parts of an encrypted file, as gpg lists them
#   open FILE           the names of the files in it, a line each, without the folder
#   open-wrongly FILE   `opened` or `refused`, with another passphrase
#   file FILE NAME      the content of a file of it
#   plain FILE          whether a file is an archive that opens without a passphrase, or the words of an authority's key can be
#                       read in it: `readable` or `not readable`
set -u
decrypt() { gpg --batch --quiet --pinentry-mode loopback --passphrase-file "$PASSPHRASE_FILE" --decrypt "$1"; }
umask 077
case $1 in
left) for each in cluster-backup-*; do if [ -e "$each" ]; then echo "$each"; fi; done ;;
packets) gpg --batch --list-packets --list-only "$2" 2>&1 || true ;;
open) decrypt "$2" | tar -tzf - | sed 's|^[^/]*/||' | grep . ;;
open-wrongly)
  wrong=$(mktemp)
  echo 'conform: not the passphrase' >"$wrong"
  if PASSPHRASE_FILE=$wrong decrypt "$2" >/dev/null 2>&1; then echo opened; else echo refused; fi
  rm -f "$wrong"
  ;;
file) decrypt "$2" | tar -xzOf - --wildcards "*/$3" ;;
plain)
  if tar -tzf "$2" >/dev/null 2>&1 || grep -qa 'BEGIN\|certificate-authority-data\|machine:' "$2"; then
    echo readable
  else
    echo 'not readable'
  fi
  ;;
esac
