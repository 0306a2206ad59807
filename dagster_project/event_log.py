"""Dagster's event log in SQLite, as it is by default, through connections that stay open.

The default opens, syncs and closes a database for each event: half of what a refresh took. The files are the same, and
the default reads them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from dagster import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool

_INDEX = "index"
_BUSY_SECONDS = 30


class KeptEventLogStorage(SqliteEventLogStorage):
    """Keeps the index open, and the run that was asked for last. `dagster.yaml` names this class.

    What the default asks the index at each event, and what does not change during a run, it asks once: which tables
    there are, and which companies.
    """

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._connections: dict[str, Connection] = {}
        self._tables: set[str] = set()
        self._partitions: set[tuple[str, str]] = set()
        self._using = RLock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> Any:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> KeptEventLogStorage:
        """In the folder that Dagster uses by default: `dagster.yaml` cannot name one beside itself."""
        return cls(str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"), inst_data)

    def index_connection(self) -> AbstractContextManager[Connection]:
        return self._kept(_INDEX)

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        return self._kept(str(run_id))

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def has_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> bool:
        partition = (partitions_def_name, partition_key)
        if partition not in self._partitions and super().has_dynamic_partition(*partition):
            self._partitions.add(partition)
        return partition in self._partitions

    def delete_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> None:
        self._partitions.discard((partitions_def_name, partition_key))
        super().delete_dynamic_partition(partitions_def_name, partition_key)

    def dispose(self) -> None:
        self._close()
        super().dispose()

    def wipe(self) -> None:
        self._close()
        super().wipe()

    def store_event(self, event: EventLogEntry) -> None:
        # The default writes the index up to three times for an event, each time in a transaction.
        with self.index_connection():
            super().store_event(event)

    @contextmanager
    def _kept(self, shard: str) -> Iterator[Connection]:
        with self._using:
            connection = self._connections.get(shard) or self._open(shard)
            if connection.in_transaction():
                yield connection
            else:
                with connection.begin():
                    yield connection

    def _open(self, shard: str) -> Connection:
        for other in [name for name in self._connections if _INDEX not in (name, shard)]:
            self._connections.pop(other).close()
        # The default's own connection makes the tables first.
        with super().run_connection(shard):
            pass
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=NullPool,
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _sync_at_checkpoints)
        self._connections[shard] = engine.connect()
        return self._connections[shard]

    def _close(self) -> None:
        with self._using:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()
            self._tables.clear()
            self._partitions.clear()


def _sync_at_checkpoints(connection: Any, _: Any) -> None:
    """A crash of the process loses nothing; one of the machine the events of the last moments, and no file."""
    connection.execute("pragma synchronous = normal")
