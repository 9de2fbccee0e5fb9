#!/usr/bin/env bash
# Says what systemd starts of a folder of units, a line each, and fails by name for what nobody wrote down:
#
#     check.started.sh UNITS LIST
#
# UNITS is what NixOS generates for /etc/systemd/system, with systemd's own links in it. A link to a unit that is masked
# starts nothing.
set -euo pipefail
export LC_ALL=C
list=$(realpath "$2")
cd "$1"

started() {
  local link unit
  for link in *.wants/* *.requires/* *.upholds/*; do
    [ -L "$link" ] || continue
    unit=${link#*/}
    [ -L "$unit" ] || [ -e "$unit" ] || unit=${unit/@*./@.}
    if [ "$(readlink -f "$unit")" != /dev/null ]; then printf '%s\n' "$link"; fi
  done | sort
}

found=$(started)
absent=$(comm -13 <(printf '%s\n' "$found") <(sort "$list"))
[ -z "$absent" ] || printf 'written down and not started:\n%s\n' "$absent" >&2
unknown=$(comm -23 <(printf '%s\n' "$found") <(sort "$list"))
if [ -n "$unknown" ]; then
  printf 'started and written down by nobody:\n%s\n' "$unknown" >&2
  exit 1
fi
printf '%s\n' "$found"
