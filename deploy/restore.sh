#!/usr/bin/env bash
# The whole installation back from a folder that backup.sh wrote, into an empty database.
#
#   deploy/restore.sh /backups/pycommerce/20260101T000000Z
#
# Needs DATABASE_URL and MEDIA_ROOT. Stop web and worker first. A database that holds tables is
# refused, and so is a backup that changed since it was written.
set -euo pipefail

source="${1:?Usage: restore.sh FOLDER}"
: "${DATABASE_URL:?Set DATABASE_URL.}" "${MEDIA_ROOT:?Set MEDIA_ROOT.}"

( cd "$source" && sha256sum --quiet --check SHA256SUMS )
tables=$(psql --no-psqlrc --tuples-only --no-align "$DATABASE_URL" --command \
  "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
if [ "$tables" != 0 ]; then
  echo "The database holds $tables tables already; restore into an empty one." >&2
  exit 1
fi
# Without comments: that of an extension may be written by whoever made the extension alone.
pg_restore --jobs=2 --no-owner --no-comments --exit-on-error --dbname="$DATABASE_URL" "$source/database"
mkdir -p "$MEDIA_ROOT"
tar --extract --file="$source/media.tar" --directory="$MEDIA_ROOT"
echo "Restored. Start web and worker, then look at /readyz."
