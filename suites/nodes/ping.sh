# shellcheck shell=sh
# Prints the summary of four echo requests, whether they are answered or not.
#
#   ADDRESS
#
# POSIX shell; ping(8) ends with 1 when nobody answers, and with 2 when it could not ask.
ping -n -c 4 -i 0.2 -W 1 "$1" || [ $? -eq 1 ]
