#!/bin/sh
# date(1) on a clock that stands at CONFORM_NOW, a time that names its zone; the machine's own clock without it.
set -eu
[ -n "${CONFORM_NOW:-}" ] || exec /usr/bin/date "$@"
count=$#
stood=
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  if [ "$word" = -d ]; then
    stood=yes
    # A value that begins with a year is a time of its own; any other counts from now.
    case $1 in
    [0-9][0-9][0-9][0-9]-*) value=$1 ;;
    *) value="$CONFORM_NOW $1" ;;
    esac
    shift
    count=$((count - 1))
    set -- "$@" -d "$value"
  else
    set -- "$@" "$word"
  fi
done
[ -n "$stood" ] || set -- "$@" -d "$CONFORM_NOW"
exec /usr/bin/date "$@"
