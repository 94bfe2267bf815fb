"""Files between two requests: kept for a day in NMS_HOME/uploads, for their uploader only, under a name of hashes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from nms.base.clock import from_epoch
from nms.base.errors import NotFound
from nms.base.text import say
from web.account import services
from web.guard import current_actor

KEPT_S = 86_400.0
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def keep(octets: bytes, ending: str) -> str:
    """Keep a file; answers its reference."""
    folder, now = _folder(), services().clock.now()
    folder.mkdir(mode=0o700, exist_ok=True)
    for old in folder.glob(f"*.{ending}"):
        if (now - from_epoch(old.stat().st_mtime)).total_seconds() > KEPT_S:
            old.unlink(missing_ok=True)
    reference = _reference(octets)
    path_of(reference, ending).write_bytes(octets)
    return reference


def kept(reference: str, ending: str) -> bytes:
    """The file of a reference, if it is this actor's.

    Raises:
        NotFound: there is none, it is another's, or it was kept too long.
    """
    missing = NotFound("no_such_upload", say("This file is not kept any more; choose it again."))
    if _DIGEST.fullmatch(reference) is None or not path_of(reference, ending).exists():
        raise missing
    octets = path_of(reference, ending).read_bytes()
    if _reference(octets) != reference:
        raise missing
    return octets


def forget(reference: str, ending: str) -> None:
    """Delete a file that has served."""
    path_of(reference, ending).unlink(missing_ok=True)


def path_of(reference: str, ending: str) -> Path:
    """Where the file of a reference lies."""
    return _folder() / f"{reference}.{ending}"


def _reference(octets: bytes) -> str:
    return hashlib.sha256(current_actor().name.encode() + b"\0" + octets).hexdigest()


def _folder() -> Path:
    return services().settings.home / "uploads"
