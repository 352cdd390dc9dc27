#!/bin/sh
# curl(1) that notes in its reader's folder what it was asked, and what came of it.
# CONFORM_ANSWER: a file of that folder whose text is answered in place of the server; CONFORM_DEAD: the server refuses.
set -u
printf '%s\n' "$*" >>"$CONFORM_FOLDER/calls"
if [ -n "${CONFORM_DEAD:-}" ]; then
  echo 'curl: (7) Failed to connect' >&2
  exit 7
fi
if [ -n "${CONFORM_ANSWER:-}" ]; then
  cat "$CONFORM_FOLDER/$CONFORM_ANSWER"
  exit 0
fi
/usr/bin/curl "$@" >"$CONFORM_FOLDER/answer"
code=$?
cat "$CONFORM_FOLDER/answer"
exit "$code"
