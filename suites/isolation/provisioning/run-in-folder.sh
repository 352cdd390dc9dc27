#!/bin/sh
# Runs a command in a folder, with variables that are set or taken away.
# run-in-folder.sh FOLDER [NAME=VALUE | -NAME]... -- COMMAND [ARGUMENT]...
set -eu
cd -- "$1"
shift
while [ "$1" != -- ]; do
  case $1 in
  -*) unset "${1#-}" ;;
  *) export "${1?}" ;;
  esac
  shift
done
shift
exec "$@"
