"""What can go wrong between a judged build and a published generation.

BookworthError
└── PublishError            nothing was published, or not switched back; `current` is as it was
    ├── CompanyBusy         another run holds the company
    ├── NotPublishable      the build was not judged, fell short, or changed since it was judged
    ├── DiskFull            no space left for a generation or the ledger
    └── LedgerError         the ledger cannot be read or written
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from dagster_project.companies import BookworthError


class PublishError(BookworthError):
    """Nothing was published or switched; the message says why and what to do."""


class CompanyBusy(PublishError):
    """Another run holds the company's lock."""


class NotPublishable(PublishError):
    """The build in `build/` is not one that was judged and found good."""


class DiskFull(PublishError):
    """No space left (or a quota or size limit was hit) while writing."""


class LedgerError(PublishError):
    """The ledger cannot be read or written."""


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextlib.contextmanager
def os_errors_as(doing: str) -> Iterator[None]:
    """Turn a failed file operation while `doing` (say, "Publishing jinse_bridal") into the user's message."""
    try:
        yield
    except OSError as error:
        given_up = f"{doing} was given up; what is published stays as it was."
        if error.errno in _FULL:
            raise DiskFull(f"The disk is full: {given_up} Free some space and run again.") from error
        where = f": {error.filename}" if error.filename else ""
        raise PublishError(f"{given_up} The reason: {error.strerror or 'a file error'}{where}") from error
