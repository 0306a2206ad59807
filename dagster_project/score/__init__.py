"""What SQL cannot say about the score: weights from judgements, rater agreement, and how far it can be trusted.

Errors: `ScoreError` (judgements or settings that cannot be used).
"""

from dagster_project.companies import BookworthError


class ScoreError(BookworthError):
    """Judgements or settings of the score that somebody has to mend."""
