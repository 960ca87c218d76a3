"""``/api/dead-letters``: failures with their inputs, and trying them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headrace.engine.jobs.dead_letters import find_letter
from headrace.engine.web.handler import Handler, refused

if TYPE_CHECKING:
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.letter import KeptLetter
    from headrace.engine.jobs.letter_retry import Retried

__all__ = ["ROUTES", "LetterHandler", "LettersHandler", "RetryHandler"]


class _Letters(Handler):
    """What the handlers below have in common: finding a letter among those of all jobs."""

    def letters(self) -> list[KeptLetter]:
        """Give the last letters of all jobs, the oldest first."""
        letters = [letter for job in self.site.monitor.jobs for letter in job.letters.recent]
        return sorted(letters, key=lambda letter: letter.kept_at)


class LettersHandler(_Letters):
    """The last failures, without their inputs."""

    def get(self) -> None:
        """Answer with a list of letters."""
        self.answer([letter.to_dict() for letter in self.letters()])


class LetterHandler(_Letters):
    """One failure, with what its inputs look like."""

    async def get(self, which: str) -> None:
        """Answer with the letter, and under ``looks`` shape, dtype and range of each input that was kept."""
        letter = find_letter(self.letters(), which)
        self.answer({**letter.to_dict(), "looks": await self.aside(_looks, letter)})


class RetryHandler(_Letters):
    """Tries the node of a failure again on the same inputs."""

    async def post(self, which: str) -> None:
        """Answer with what came of it.

        The body may have ``set`` (``{"parameter": value}``) and ``parameters``: ``now`` for those in force (this is
        the default), ``then`` for those that were.
        """
        given = self.body()
        changes, basis = given.get("set", {}), given.get("parameters", "now")
        if not isinstance(changes, dict) or basis not in ("now", "then"):
            raise refused(400, 'expected {"set": {"parameter": value}, "parameters": "now" or "then"}')
        letter = find_letter(self.letters(), which)
        job = next(job for job in self.site.monitor.jobs if letter in job.letters.recent)
        self.answer((await self.aside(_retried, job, letter, changes, basis)).to_dict())


def _looks(letter: KeptLetter) -> dict[str, Any]:
    from headrace.engine.jobs.letter_look import looks

    return looks(letter) if letter.file else {}


def _retried(job: Job, letter: KeptLetter, changes: dict[str, Any], basis: str) -> Retried:
    from headrace.engine.jobs.letter_retry import retry_node

    parameters = job.pipeline.parameters.to_dict().get(letter.node) if basis == "now" else None
    registry = {kind.name: kind for kind in job.pipeline.plan.types.values()}
    return retry_node(letter, registry, parameters, changes)


ROUTES = [
    (r"/api/dead-letters", LettersHandler),
    (r"/api/dead-letters/([0-9A-Za-z_.%-]{1,80})", LetterHandler),
    (r"/api/dead-letters/([0-9A-Za-z_.%-]{1,80})/retry", RetryHandler),
]
