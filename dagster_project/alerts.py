"""Tells somebody that a refresh failed while nobody was watching: one JSON message to a webhook."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from dagster_project.companies import BookworthError

ALERT_URL = "BOOKWORTH_ALERT_URL"
SECONDS = 10


@dataclass(frozen=True)
class Alert:
    """What is sent. `text` is the sentence chat tools show; nothing in it comes from a delivered row."""

    company: str
    run_id: str
    text: str
    published_generation: int | None


def alert_url() -> str | None:
    """Where alerts go: `BOOKWORTH_ALERT_URL`, None where it is not set.

    Raises `BookworthError` if it is not an http or https address.
    """
    url = os.environ.get(ALERT_URL)
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise BookworthError(f"{ALERT_URL} must begin with http:// or https://")
    return url or None


def send_alert(url: str, alert: Alert) -> None:
    """Post the alert as JSON. Raises `BookworthError`, without the address, if nobody took it."""
    body = json.dumps(asdict(alert), ensure_ascii=False).encode()
    request = Request(url, data=body, headers={"Content-Type": "application/json; charset=utf-8"})
    try:
        with urlopen(request, timeout=SECONDS):
            pass
    except HTTPError as error:
        error.close()
        raise BookworthError(f"the alert was not taken ({error.code}): check {ALERT_URL}") from None
    except OSError as error:
        reason = type(getattr(error, "reason", error)).__name__
        raise BookworthError(f"the alert was not taken ({reason}): check {ALERT_URL}") from None
