#!/bin/sh
# kubectl for the front of the PATH: what it would change is tried by the server, and not kept.
PATH=${PATH#*:}
case " $* " in
*' apply '* | *' label '*) exec kubectl "$@" --dry-run=server ;;
*) exec kubectl "$@" ;;
esac
