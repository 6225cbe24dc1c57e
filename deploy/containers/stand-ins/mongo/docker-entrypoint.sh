#!/usr/bin/env bash
# As root: give the data to the server's user, and go on as that user. On the first start: make the root user, while the
# server listens on loopback only.
set -euo pipefail
if [[ $1 == mongod && $EUID == 0 ]]; then
    find -L /data/configdb /data/db ! -user mongodb -exec chown mongodb {} +
    chown --dereference mongodb /proc/$$/fd/1 /proc/$$/fd/2 || true
    exec gosu mongodb "$0" "$@"
fi
if [[ $1 == mongod && -n ${MONGO_INITDB_ROOT_USERNAME:-} ]]; then
    set -- "$@" --auth
    if [[ ! -e /data/db/WiredTiger ]]; then
        mongod --bind_ip 127.0.0.1 --fork --logpath /proc/$$/fd/1 --logappend --pidfilepath /tmp/first.pid
        ROOT_USER=$MONGO_INITDB_ROOT_USERNAME ROOT_PASSWORD=$MONGO_INITDB_ROOT_PASSWORD \
            mongosh --quiet --host 127.0.0.1 admin --eval 'db.createUser({
                user: process.env.ROOT_USER, pwd: process.env.ROOT_PASSWORD, roles: [{ role: "root", db: "admin" }] })'
        mongod --shutdown
        rm -f /tmp/first.pid
    fi
    unset MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD
fi
exec "$@"
