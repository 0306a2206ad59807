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

from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

_INDEX = "index"
_BUSY_SECONDS = 30


class KeptEventLogStorage(SqliteEventLogStorage):
    """Keeps the index open, and the run that was asked for last. `dagster.yaml` names this class."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: dict[str, Engine] = {}
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

    def dispose(self) -> None:
        self._close()
        super().dispose()

    def wipe(self) -> None:
        self._close()
        super().wipe()

    @contextmanager
    def _kept(self, shard: str) -> Iterator[Connection]:
        with self._using:
            if shard not in self._engines:
                self._open(shard)
            with self._engines[shard].begin() as connection:
                yield connection

    def _open(self, shard: str) -> None:
        for other in [name for name in self._engines if _INDEX not in (name, shard)]:
            self._engines.pop(other).dispose()
        # The default's own connection makes the tables first.
        with super().run_connection(shard):
            pass
        self._engines[shard] = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(self._engines[shard], "connect", _sync_at_checkpoints)

    def _close(self) -> None:
        with self._using:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()


def _sync_at_checkpoints(connection: Any, _: Any) -> None:
    """A crash of the process loses nothing; one of the machine the events of the last moments, and no file."""
    connection.execute("pragma synchronous = normal")
