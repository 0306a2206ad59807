"""Alerts: what is sent when a refresh fails, to a listener on this machine, and what is said when nobody takes it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dagster_project.alerts import ALERT_URL, Alert, alert_url, send_alert
from dagster_project.companies import BookworthError

FAILED = Alert("jinse_bridal", "0a1b2c3d", "jinse_bridal: 订单.csv is empty; generation 4 stays.", 4)


class _Listener(HTTPServer):
    answer = 200
    taken: list[bytes]


class _Keep(BaseHTTPRequestHandler):
    server: _Listener

    def do_POST(self) -> None:
        self.server.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def listener() -> Iterator[_Listener]:
    server = _Listener(("127.0.0.1", 0), _Keep)
    server.taken = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _address(server: _Listener) -> str:
    return f"http://127.0.0.1:{server.server_port}/hook"


def test_an_alert_arrives_as_json(listener: _Listener) -> None:
    """An alert that only says "failed" sends somebody to a computer at night to learn which company."""
    send_alert(_address(listener), FAILED)
    assert [json.loads(body) for body in listener.taken] == [
        {"company": "jinse_bridal", "run_id": "0a1b2c3d", "text": FAILED.text, "published_generation": 4}
    ]


def test_a_refused_alert_is_said(listener: _Listener) -> None:
    """An alert lost in silence is worse than none; its address may hold a secret and must not land in a log."""
    listener.answer = 500
    with pytest.raises(BookworthError, match=r"not taken \(500\)") as raised:
        send_alert(_address(listener), FAILED)
    assert "/hook" not in str(raised.value)


def test_an_alert_nobody_listens_to_is_said() -> None:
    """A port nobody listens on must end as a sentence, not as a traceback in the daemon."""
    with pytest.raises(BookworthError, match="not taken"):
        send_alert("http://127.0.0.1:9/hook", FAILED)


def test_only_web_addresses_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """`file:` and the like would make the daemon read what it should not."""
    monkeypatch.setenv(ALERT_URL, "file:///etc/hosts")
    with pytest.raises(BookworthError, match="http"):
        alert_url()
    monkeypatch.setenv(ALERT_URL, "")
    assert alert_url() is None
