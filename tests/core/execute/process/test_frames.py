"""Frames: whatever pieces they arrive in, and however little room there is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.execute.process import frames


@pytest.fixture
def pair() -> Iterator[tuple[int, int]]:
    near, far = socket.socketpair()
    with near, far:
        yield near.fileno(), far.fileno()


@given(bodies=st.lists(st.binary(max_size=50), max_size=5), cuts=st.lists(st.integers(0, 300), max_size=8))
def test_frames_come_out_as_they_went_in_however_they_were_cut(bodies: list[bytes], cuts: list[int]) -> None:
    read, write = os.pipe()
    for body in bodies:
        frames.send(write, frames.LOG, body)
    os.close(write)
    sent = os.read(read, 1 << 16)
    os.close(read)
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    buffer = frames.FrameBuffer()
    found = [each for start, end in pairwise(places) for each in buffer.feed(sent[start:end])]
    assert found == [(frames.LOG, body) for body in bodies]


def test_a_frame_is_received_whole(pair: tuple[int, int]) -> None:
    near, far = pair
    frames.send(near, frames.TASK, b"x" * 1000)
    assert frames.receive(far) == (frames.TASK, b"x" * 1000)


def test_the_end_of_the_other_side_within_a_frame_is_nothing_received(pair: tuple[int, int]) -> None:
    near, far = pair
    os.write(near, b"t\x00\x00\x00\x09half")
    with socket.socket(fileno=os.dup(near)) as same:
        same.shutdown(socket.SHUT_WR)
    assert frames.receive(far) is None


def test_who_takes_nothing_is_not_waited_for_for_ever(pair: tuple[int, int]) -> None:
    near, _ = pair
    os.set_blocking(near, False)
    with pytest.raises(TimeoutError, match=r"nothing was taken for 0\.01 s"):
        frames.send(near, frames.TASK, b"x" * 10_000_000, patience_seconds=0.01)
