"""One log, on standard error: one line per record, secrets redacted, the same fault not a thousand times."""

from __future__ import annotations

import logging
import sys

from nms.base.secrets import RedactingFilter, redact


class _OneLine(logging.Formatter):
    """A trace stays readable below its record; the record itself stays on one line."""

    def formatException(self, ei: object) -> str:  # noqa: N802 - the name is the standard library's
        return redact(super().formatException(ei))  # type: ignore[arg-type]  # the standard library's own tuple


def configure(level: int = logging.INFO) -> None:
    """Send every record through the redacting filter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(RedactingFilter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("waitress.queue", "alembic", "apscheduler"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
