#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each folder of src/ includes only folders below it, boards don't include each other, and a dependency's header is
# included in the one place that owns it.
set -eu
cd "$(dirname "$0")/../src"
bad=0

# From the highest layer to the lowest; those on one line may not include each other, except where "siblings" says so.
layers='ctl
fcgi agent
app
boards ops people
engine
auth
guard
cache
http
db
shm
conf
base'
rank() { printf '%s\n' "$layers" | grep -n -w -- "$1" | cut -d: -f1; }

while IFS=: read -r file line; do
    from=${file%%/*}
    to=$(sed 's/.*"\([a-z]*\)\/.*/\1/' <<<"$line")
    [ "$from" = "$to" ] && continue
    if [ -z "$(rank "$to")" ] || [ "$(rank "$from")" -ge "$(rank "$to")" ]; then
        echo "src/$file includes \"$to/…\", which is not below it"
        bad=1
    fi
done < <(grep -rhoH --include='*.[ch]' '^#include "[a-z]*/[^"]*"' . | sed 's/^\.\///')

# Ends of the lines of boards: a board's own folder only.
while IFS=: read -r file line; do
    board=$(cut -d/ -f2 <<<"$file")
    case $line in *"\"boards/$board/"*) ;; *) echo "src/$file includes another board: $line"; bad=1 ;; esac
done < <(grep -rHo --include='*.[ch]' '^#include "boards/[^"]*"' boards)

owner() { # header folder-or-file...
    local header=$1 found
    shift
    found=$(grep -rl --include='*.[ch]' "^#include <$header" . | sed 's/^\.\///' | grep -v -E "^($(IFS='|'; echo "$*"))" || true)
    if [ -n "$found" ]; then
        echo "<$header> is included outside of $*: $found"
        bad=1
    fi
}
owner libpq-fe.h db/
owner hiredis/ cache/redis.c cache/sentinel.c
owner libmemcached/ cache/memcached.c
owner fcgiapp.h http/fcgi_io.c
owner openssl/ auth/password.c
owner json-c/ engine/ ops/csp_report.c
owner csv.h ctl/
owner curl/ ctl/fetch.c
owner unistr.h base/str.c
owner sys/mman.h shm/
owner uthash.h db/
exit "$bad"
