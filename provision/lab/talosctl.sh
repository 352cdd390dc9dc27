#!/bin/sh
# The stand-in for talosctl, on the admin workstation.
exec /opt/lab/node/node /opt/lab/stand-ins/talosctl.mjs "$@"
