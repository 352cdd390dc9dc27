#!/bin/sh
# ask.sh URL SECONDS: the answer to a GET, then a line with the HTTP status and curl's exit code.
curl -q -g -s --noproxy '*' --max-time "$2" -w '\n%{http_code} %{exitcode}\n' "$1" || :
