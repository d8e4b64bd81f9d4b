"""How the embedded PostgreSQL is set up, apart from where it is."""

import sys
from collections.abc import Mapping

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "huge_pages": "off",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # capture by logical decoding; a slot nobody reads may not fill the disk
    "wal_level": "logical",
    "max_replication_slots": "32",
    "max_wal_senders": "32",
    "max_slot_wal_keep_size": "2GB",
    "max_wal_size": "2GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}


def server_settings(version: int) -> dict[str, str]:
    """Return the settings of a server of this major version."""
    if sys.platform != "linux" or version < 14:
        return dict(SETTINGS)
    # after a crash every file is flushed before recovery begins: one by one that takes seconds for a few thousand
    return {**SETTINGS, "recovery_init_sync_method": "syncfs"}
