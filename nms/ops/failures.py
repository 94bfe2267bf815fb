"""Any failure of a poll as one of ours."""

from __future__ import annotations

import errno
import logging

from nms.base.errors import DeviceError, NmsError, Timeout
from nms.base.text import say

log = logging.getLogger(__name__)


def as_device_error(error: Exception) -> DeviceError:
    """Any failure as one of the tree; what is not ours is logged once with its trace."""
    if isinstance(error, DeviceError):
        return error
    if isinstance(error, TimeoutError):
        return Timeout("device_deadline", say("No complete answer before the device's deadline."))
    if isinstance(error, NmsError):
        return DeviceError(error.code, error.message, **error.facts)
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return DeviceError(
            "too_many_files", say("The machine has no file descriptor left: raise its limit (ulimit -n).")
        )
    log.exception("poll failed")
    return DeviceError(
        "unexpected", say("The poll failed unexpectedly ({kind}); the log has the trace.", kind=type(error).__name__)
    )
