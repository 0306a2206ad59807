"""What the quality tests share beside fixtures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

AS_OF = date(2024, 6, 30)
DELIVERED_ON = date(2024, 6, 28)
MakeWork = Callable[..., Path]
MakeSuite = Callable[..., Path]


def expectation(
    name: str,
    type: str,
    kwargs: Mapping[str, Any],
    needs: Sequence[str] = (),
    dimension: str = "validity",
    severity: str = "error",
) -> dict[str, Any]:
    """One expectation as a suite file holds it."""
    return {
        "type": type,
        "kwargs": dict(kwargs),
        "meta": {
            "name": name,
            "dimension": dimension,
            "severity": severity,
            "needs": list(needs),
            "description": {"en": f"{name} holds", "zh": f"{name} 成立"},
        },
    }
