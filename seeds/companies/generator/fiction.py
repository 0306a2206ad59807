"""Names and numbers that cannot be anyone's.

- People carry the family name 例 ("example"), which is not a Chinese family name.
- Organisations carry 示例 ("sample") and a number.
- Mobile numbers begin with 100: China's mobile ranges begin with 13 to 19.
- E-mail addresses are at example.com, which is reserved (RFC 2606).
- Competitors are 竞品甲, 竞品乙 ... ("competitor A, B").
"""

from __future__ import annotations

import numpy as np

from .common import Array, Rng

_GIVEN = "安柏晨初淳丹多恩帆菲歌涵好嘉静可兰乐漫宁沛琪若诗棠唯汐言依允知子"


def people(rng: Rng, n: int) -> Array:
    first, second = rng.randint(0, len(_GIVEN), size=(2, n))
    return np.array([f"例{_GIVEN[a]}{_GIVEN[b]}" for a, b in zip(first, second, strict=True)], dtype=object)


def phones(rng: Rng, n: int) -> Array:
    """Distinct numbers 100xxxxxxxx; at most 100 million."""
    start = int(rng.randint(0, 90_000_000))
    return np.array([f"100{(start + i * 7) % 100_000_000:08d}" for i in range(n)], dtype=object)
