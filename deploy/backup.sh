#!/usr/bin/env bash
# The whole installation in one folder: every schema of the database, and the media.
#
#   deploy/backup.sh /backups/pycommerce
#
# Needs DATABASE_URL and MEDIA_ROOT, and pg_dump as new as the server. The database comes first, so
# that every picture it names was there when the media were copied.
set -euo pipefail

target="${1:?Usage: backup.sh FOLDER}/$(date -u +%Y%m%dT%H%M%SZ)"
: "${DATABASE_URL:?Set DATABASE_URL.}" "${MEDIA_ROOT:?Set MEDIA_ROOT.}"

mkdir -p "$target"
chmod 700 "$target"
pg_dump --format=directory --jobs=2 --no-owner --file="$target/database" "$DATABASE_URL"
# A folder that this account made would be closed to the service: without one there are no media.
media=(--directory="$MEDIA_ROOT" .)
[ -d "$MEDIA_ROOT" ] || media=(--files-from=/dev/null)
tar --create --file="$target/media.tar" "${media[@]}"
( cd "$target" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS )
echo "$target"
