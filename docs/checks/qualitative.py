"""What people rated, by hand: each rater's last word on an item by as-of, and the mean of them."""

from __future__ import annotations

from book import Book, by_hand

ITEMS = (
    "team_culture",
    "strategy_guidance",
    "strategy_feedback",
    "competition_response",
    "competition_advantage",
    "operations_guidance",
    "operations_feedback",
    "culture_shaping",
    "culture_heritage",
    "sustainability_assurance",
    "sustainability_promotion",
    "brand_reputation",
    "innovation_capability",
    "risk_awareness",
    "artistic_quality",
    "service_attitude",
    "technical_capability",
    "government_relations",
)


def _check(item: str) -> None:
    @by_hand(item)
    def mean_rating(book: Book) -> float | None:
        last: dict[str, float] = {}
        for rater, score in book.rows(
            "select rater_id, score from qualitative_ratings cross join run where indicator_code = ?"
            " and rated_on < cut and score between 1 and 5 and _removed_on is null order by rated_on, _delivered_on",
            item,
        ):
            last[rater] = float(score)
        return sum(last.values()) / len(last) if last else None


for _item in ITEMS:
    _check(_item)
