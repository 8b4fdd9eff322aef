"""How a PostgreSQL cluster is made and run, as data."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence

from ...engine import Binaries, ClusterSpec, LaunchPlan

__all__ = ["POOLS", "plan", "quoted_name"]

ADMINISTRATORS = 5  # connections that only the platform's administrator can take
HEADROOM = 400  # connections of a tenant's that a server has room for at least: its plan may be raised while it runs
POOLS = 100  # connections for the platform's own pools, which the tenant's cannot use up (from 16 on)
FEEDS = 64  # logical replication: a feed per database, and room for backups

# Loopback TCP with passwords and nothing else: no sockets in shared folders, no trust for local users.
HBA = """\
host all all {host}/32 scram-sha-256
host replication {superuser} {host}/32 scram-sha-256
"""


def plan(spec: ClusterSpec, *, made_with: Sequence[str] | None = None) -> LaunchPlan:
    """The commands, files and settings of one cluster. Pure.

    Args:
        made_with: initdb's arguments about checksums and locale; None is what new clusters have.
    """
    binaries = spec.binaries
    password_file = spec.data_dir.with_name(f".{spec.data_dir.name}.password")
    initdb = [
        str(binaries.bindir / "initdb"),
        f"--pgdata={spec.data_dir}",
        f"--username={spec.superuser.username}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        *(["--data-checksums", *locale_arguments(binaries)] if made_with is None else made_with),
    ]
    return LaunchPlan(
        init=[initdb],
        init_files={password_file: spec.superuser.secret + "\n"},
        files={
            "postgresql.conf": render(settings(spec)),
            "pg_hba.conf": HBA.format(host=spec.host, superuser=spec.superuser.username),
        },
        argv=[str(binaries.bindir / "postgres"), "-D", str(spec.data_dir)],
        env={"PATH": f"{binaries.bindir}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        stop_signal=signal.SIGINT,  # "fast": sessions are ended, a checkpoint is written
        closing_signal=signal.SIGTERM,  # "smart"
        pid_file="postmaster.pid",
    )


def locale_arguments(binaries: Binaries) -> Sequence[str]:
    """UTF-8 that sorts like English where build and machine can; else by code point.

    ICU's collations come with the build, libc's with the machine. From 17 on, PostgreSQL has a C.UTF-8 of its own,
    which does not change under an index when the machine's C library is updated.
    """
    english = next((name for name in ("en_US.utf8", "en_US.UTF-8") if name in binaries.locales), None)
    plain = next((name for name in ("C.utf8", "C.UTF-8") if name in binaries.locales), "C")
    libc = f"--locale={english or plain}"
    if binaries.icu:
        return [libc, "--locale-provider=icu", "--icu-locale=en-US"]
    if english is None and int(binaries.major) >= 17:
        return [libc, "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [libc]


def settings(spec: ClusterSpec) -> Mapping[str, str]:
    """``postgresql.conf``: everything that is not the server's default, and why where it is not obvious."""
    preload = "pg_stat_statements" if "pg_stat_statements" in spec.binaries.extensions else ""
    return {
        "listen_addresses": spec.host,
        "port": str(spec.port),
        "unix_socket_directories": "",
        "max_connections": str(max(spec.max_connections, HEADROOM) + POOLS + ADMINISTRATORS),
        "superuser_reserved_connections": str(ADMINISTRATORS),
        **({"reserved_connections": str(POOLS)} if int(spec.binaries.major) >= 16 else {}),
        "password_encryption": "scram-sha-256",
        "cluster_name": spec.data_dir.name,
        "shared_buffers": "64MB",
        "shared_preload_libraries": preload,
        "dynamic_shared_memory_type": "posix",
        # Whose client is gone ends, even where a function catches every cancellation.
        "client_connection_check_interval": "2s",
        "wal_level": "logical",
        "max_wal_senders": str(FEEDS),
        "max_replication_slots": str(FEEDS),
        "max_slot_wal_keep_size": "1GB",  # an abandoned slot is lost before the disk is full
        "wal_writer_delay": "10ms",  # asynchronous commits reach the change feed after this
        "max_wal_size": "512MB",
        "min_wal_size": "32MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_destination": "stderr",
        "logging_collector": "off",  # the runtime keeps the log, with a bound
        "log_line_prefix": "%m [%p] %d ",
        "log_statement": "none",
        # Neither statements nor rows of a tenant belong into the operator's log; passwords least of all.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        **spec.settings,
    }


def render(values: Mapping[str, str]) -> str:
    """Text of a configuration file; values are quoted, so that none can become a line of its own."""
    return "".join(f"{name} = '{_quoted(value)}'\n" for name, value in values.items())


def quoted_name(name: str) -> str:
    """A role's name for pg_hba.conf, where quotes also take away the meaning of words such as ``all``."""
    return '"' + name.replace('"', '""') + '"'


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
