"""Echoes: loss and round trip, or a clear refusal."""

from __future__ import annotations

import asyncio
import os

import pytest

from collectors.ping import PingResult, ping
from nms.base.errors import InputError


def test_loopback_answers_or_the_refusal_says_what_to_do() -> None:
    if os.geteuid() != 0:
        with pytest.raises(InputError, match="CAP_NET_RAW"):
            asyncio.run(ping("127.0.0.1"))
        return
    result = asyncio.run(ping("127.0.0.1", count=2, interval_s=0.01))
    assert (result.sent, result.lost, result.loss_ratio) == (2, 0, 0)
    assert result.rtt_s is not None
    assert 0 <= result.rtt_s < 1


def test_no_echo_sent_is_total_loss() -> None:
    assert PingResult(0, 0, None).loss_ratio == 1.0
