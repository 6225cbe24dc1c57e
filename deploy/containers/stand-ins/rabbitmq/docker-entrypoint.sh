#!/usr/bin/env bash
# As root: give the data to the broker's user, and go on as that user.
set -euo pipefail
if [[ $1 == rabbitmq* && $EUID == 0 ]]; then
    find /var/lib/rabbitmq ! -user rabbitmq -exec chown rabbitmq {} +
    exec gosu rabbitmq "$0" "$@"
fi
exec "$@"
