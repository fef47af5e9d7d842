#!/bin/bash
# Lets STILTS judge the DataLink service of a running simulator: datalinklint.sh http://127.0.0.1:PORT
# Fails on every error, warning or failure that datalinklint.allowed does not list.
set -u
base=${1:?the base URL of a running simulator}
here=$(cd "$(dirname "$0")" && pwd)
allowed=$(mktemp)
trap 'rm -f "$allowed"' EXIT
grep -v '^#' "$here/datalinklint.allowed" >"$allowed"

status=0
for query in \
  'ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736' \
  'ID=ivo://eso.org/ID?ADP.2014-11-12T16:17:07.630' \
  'ID=ivo://eso.org/ID?ADP.2014-09-16T11:04:45.123' \
  'ID=ivo://eso.org/ID?ADP.2025-07-06T07:52:11.871' \
  'ID=ivo://eso.org/ID?ADP.2025-07-06T07:52:11.871&EXCLUDE=ALL&INCLUDE=progenitor' \
  'ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.737' \
  'ID=ivo://eso.org/ID?MUSE.2018-06-05T01:06:59.418' \
  'ID=ivo://eso.org/ID?HARPS.2006-07-05T03:52:40.071' \
  'ID=ivo://eso.org/ID?M.MUSE.2018-06-11T08:52:34.073' \
  'ID=ivo://eso.org/ID?no.such.dataset' \
  'ID=ivo://eso.org/ID?MUSE.2018-06-05T01:06:59.418&ID=ivo://eso.org/ID?no.such.dataset'; do
  report=$(stilts datalinklint votable="$base/datalink/links?$query" 2>&1)
  if ! grep -q '^Totals:' <<<"$report"; then
    printf '%s\n%s\n' "$query: datalinklint did not finish" "$report"
    status=1
    continue
  fi
  if complaints=$(grep -E '^[EWF]-' <<<"$report" | grep -v -E -f "$allowed"); then
    printf '%s\n%s\n' "$query:" "$complaints"
    status=1
  fi
done
exit $status
