"""One run per company at a time, inside Dagster or outside: a lock the kernel drops when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.publish._files import utc
from dagster_project.publish.errors import CompanyBusy, PublishError
from dagster_project.settings import CompanyPaths

# Long enough to outlast `current_holder` looking, too short for a person to notice.
_TRIES, _PAUSE_SECONDS = 5, 0.02

# (device, inode) of each lock file this process holds -> its descriptor.
_held: dict[tuple[int, int], int] = {}


@dataclass(frozen=True)
class Holder:
    """Who holds a company: `owner` is what the holder called itself, such as "refresh 3f2a"."""

    owner: str
    pid: int
    host: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.owner} (process {self.pid} on {self.host}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


@contextlib.contextmanager
def company_lock(paths: CompanyPaths, owner: str) -> Iterator[Holder]:
    """Hold the company until the block ends or the process dies, whichever comes first.

    Does not wait. Raises `CompanyBusy`, naming the holder, if anyone holds it, this process included. Programs started
    meanwhile do not inherit it, so a child that outlives its parent keeps nobody out.
    """
    fd = _open_locked(paths)
    held_as = _identity(os.fstat(fd))
    _held[held_as] = fd
    try:
        holder = Holder(owner, os.getpid(), socket.gethostname(), utc(None))
        _write(fd, holder)
        yield holder
    finally:
        # A forked child that runs this has already dropped its copy (`_forget`) and must not unlock the parent's.
        if _held.pop(held_as, None) is not None:
            # An empty file says that the last holder left in good order.
            with contextlib.suppress(OSError):
                os.ftruncate(fd, 0)
            os.close(fd)


@contextlib.contextmanager
def holding(paths: CompanyPaths, owner: str) -> Iterator[None]:
    """Go on if this process holds the company already, else hold it for the block. Raises `CompanyBusy`."""
    if is_held(paths):
        yield
        return
    with company_lock(paths, owner):
        yield


def is_held(paths: CompanyPaths) -> bool:
    """Whether this very process holds the company."""
    try:
        return _identity(paths.lock.stat()) in _held
    except FileNotFoundError:
        return False


def current_holder(paths: CompanyPaths) -> Holder | None:
    """Who holds the company now, or None if nobody does. Looks without getting in anyone's way."""
    try:
        fd = os.open(paths.lock, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        # The holder may not have written its name yet, or had no space to.
        return _read(paths.lock) or Holder("another run", 0, "an unknown host", utc(None))
    else:
        return None
    finally:
        os.close(fd)


def _open_locked(paths: CompanyPaths) -> int:
    paths.root.mkdir(parents=True, exist_ok=True)
    for left in reversed(range(_TRIES)):
        # Python opens with O_CLOEXEC; said here because the promise to child programs rests on it.
        fd = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            if not left:
                holder = _read(paths.lock)
                raise CompanyBusy(
                    f"{paths.root.name} is busy: {holder or 'another run'} holds it. "
                    "Nothing was changed; wait for that run to end and try again."
                ) from None
        except OSError as error:
            os.close(fd)
            raise PublishError(
                f"{paths.lock} cannot be locked ({error.strerror}). Put the warehouse on a file system with file locks."
            ) from error
        else:
            if _is_the_file(fd, paths.lock):
                return fd
            os.close(fd)  # someone removed the file between opening and locking
            continue
        time.sleep(_PAUSE_SECONDS)
    raise CompanyBusy(f"{paths.root.name} is busy: {paths.lock} is being replaced. Try again.")


def _is_the_file(fd: int, path: Path) -> bool:
    try:
        return _identity(os.fstat(fd)) == _identity(path.stat())
    except FileNotFoundError:
        return False


def _identity(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino


def _write(fd: int, holder: Holder) -> None:
    line = json.dumps(
        {"owner": holder.owner, "pid": holder.pid, "host": holder.host, "since": holder.since.isoformat()}
    )
    # The name is a courtesy: on a full disk the lock still holds without it.
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, line.encode(), 0)


def _read(path: Path) -> Holder | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Holder(
            str(content["owner"]),
            int(content["pid"]),
            str(content["host"]),
            datetime.fromisoformat(content["since"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _forget() -> None:
    """In a forked child: let go of the parent's descriptors, or the lock would outlive the parent."""
    for fd in _held.values():
        with contextlib.suppress(OSError):
            os.close(fd)
    _held.clear()


os.register_at_fork(after_in_child=_forget)
