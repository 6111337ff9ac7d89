"""What every IO manager promises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve

import mainspring as ms
from mainspring.event import StepOutput

HOSTILE_KEYS = (
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    "key",
    "Key",
    "key.",
    "key..",
    "key.result",
    "key_2",
    " key ",
    "~",
    "%2e%2e",
    "a\\b",
    "a*?<>|:\"'`$(x)",
    "Schlüssel-钥匙-🔑",
    "caf\u00e9",
    "cafe\u0301",
    "x" * 200,
    "x" * 199 + "y",
    "ü" * 200,
)
"""Mapping keys that are allowed and that a careless store stumbles over, loses or lets out of its folder."""


class IOManagerContract:
    """Derive a test class from this and define the fixtures `io_manager` and `samples`.

    ```python
    class TestCsv(IOManagerContract):
        @pytest.fixture
        def io_manager(self, tmp_path):
            return CsvIOManager(tmp_path)

        @pytest.fixture
        def samples(self):
            return [[["a", "1"]], [["b", "2"], ["c", "3"]]]
    ```
    """

    @pytest.fixture
    def io_manager(self) -> ms.IOManager:
        """Give an IO manager that stores nothing yet."""
        raise NotImplementedError("define the fixture io_manager")

    @pytest.fixture
    def samples(self) -> Sequence[Any]:
        """Give at least two values that it can store and that differ."""
        raise NotImplementedError("define the fixture samples")

    def is_same(self, loaded: Any, stored: Any) -> bool:
        """Say whether a loaded value is what was stored; override it where `==` does not say so."""
        return bool(loaded == stored)

    def store(self, io_manager: ms.IOManager, context: ms.OutputContext, value: Any) -> ms.OutputContext:
        """Store a value and return the context as its readers get it."""
        io_manager.handle_output(context, value)
        return evolve(context, metadata={**context.metadata, **context.added_metadata})

    def load(self, io_manager: ms.IOManager, upstream: ms.OutputContext) -> Any:
        """Load a value as a reading step would."""
        reader = ms.InputContext(
            run_id=upstream.run_id, step_key="reader", attempt=1, name="value", upstream=upstream, annotation=None
        )
        return io_manager.load_input(reader)

    def test_each_sample_comes_back_as_it_was_stored(self, io_manager: ms.IOManager, samples: Sequence[Any]) -> None:
        for number, sample in enumerate(samples):
            written = self.store(io_manager, address(step_key=f"step_{number}"), sample)

            assert self.is_same(self.load(io_manager, written), sample)

    @pytest.mark.parametrize(
        "other",
        [
            {"run_id": "run-2"},
            {"run_id": "run-10"},
            {"step_key": "outer.clean"},
            {"step_key": "clean_2"},
            {"step_key": "clean[a]"},
            {"attempt": 2},
            {"attempt": 11},
            {"name": "result_2"},
            {"name": "resul"},
            {"mapping_key": "a"},
            {"mapping_key": "result"},
        ],
        ids=str,
    )
    def test_neighbours_are_kept_apart(
        self, io_manager: ms.IOManager, samples: Sequence[Any], other: dict[str, Any]
    ) -> None:
        """Scar: Dagster 0.10.0, where writing `result` deleted `result_2`, whose name begins the same."""
        first, second = samples[:2]
        neighbour = self.store(io_manager, address(**other), second)
        written = self.store(io_manager, address(), first)
        overwritten = self.store(io_manager, address(), first)

        assert self.is_same(self.load(io_manager, neighbour), second)
        assert self.is_same(self.load(io_manager, written), first)
        assert self.is_same(self.load(io_manager, overwritten), first)

    def test_storing_again_gives_the_newer_value(self, io_manager: ms.IOManager, samples: Sequence[Any]) -> None:
        first, second = samples[:2]
        self.store(io_manager, address(), first)
        written = self.store(io_manager, address(), second)

        assert self.is_same(self.load(io_manager, written), second)

    def test_a_missing_value_is_one_error_that_names_store_key_and_step(
        self, io_manager: ms.IOManager, samples: Sequence[Any]
    ) -> None:
        """Scar: D#32488."""
        self.store(io_manager, address(), samples[0])

        for missing in ({"step_key": "absent"}, {"attempt": 2}, {"name": "other"}, {"mapping_key": "k"}):
            upstream = address(**missing)
            with pytest.raises(ms.ValueNotFound, match=re.escape(upstream.step_key)) as caught:
                self.load(io_manager, upstream)

            assert caught.value.store
            assert caught.value.key
            assert caught.value.step_key == upstream.step_key

    def test_hostile_keys_are_kept_apart_and_inside(self, io_manager: ms.IOManager, samples: Sequence[Any]) -> None:
        addresses = [
            *(address(step_key=f"clean[{key}]") for key in HOSTILE_KEYS),
            *(address(step_key="split", mapping_key=key) for key in HOSTILE_KEYS),
        ]
        values = [samples[index % len(samples)] for index in range(len(addresses))]
        written = [self.store(io_manager, each, value) for each, value in zip(addresses, values, strict=True)]

        for each, value in zip(written, values, strict=True):
            assert self.is_same(self.load(io_manager, each), value), each.mapping_key or each.step_key

    def test_it_stores_what_the_steps_of_a_run_hand_on(self, io_manager: ms.IOManager, samples: Sequence[Any]) -> None:
        @ms.op(out=ms.DynamicOut(io_manager="store"))
        def split() -> dict[str, Any]:
            return {f"item_{number}": sample for number, sample in enumerate(samples)}

        @ms.op(out=ms.Out(io_manager="store"))
        def hand_on(value: Any) -> Any:
            return value

        @ms.op
        def compare(values: list[Any]) -> None:
            assert len(values) == len(samples)
            assert all(map(self.is_same, values, samples))

        @ms.job(modes=[ms.Mode("test", resources={"store": io_manager})])
        def pass_through() -> None:
            compare(split().map(hand_on).collect())

        result = pass_through.execute()

        for number, sample in enumerate(samples):
            assert self.is_same(result.output(f"hand_on[item_{number}]"), sample)

    def test_what_it_tells_of_a_value_reaches_the_log_and_the_reader(
        self, io_manager: ms.IOManager, samples: Sequence[Any]
    ) -> None:
        spy = Spy(io_manager)

        @ms.op(out=ms.Out(io_manager="store", metadata={"declared": 1}))
        def write() -> Any:
            return samples[0]

        @ms.op
        def read(value: Any) -> None:
            assert self.is_same(value, samples[0])

        @ms.job(modes=[ms.Mode("test", resources={"store": spy})])
        def write_and_read() -> None:
            read(write())

        result = write_and_read.execute()
        (stored,) = [event.fact for event in result.events if isinstance(event.fact, StepOutput)]

        assert stored.metadata == spy.told
        assert spy.found == {"declared": 1, **spy.told}


class Spy(ms.IOManager):
    """Hands on to another IO manager and notes what it tells and what its readers find."""

    def __init__(self, inner: ms.IOManager) -> None:
        self.inner = inner
        self.told: dict[str, Any] = {}
        self.found: dict[str, Any] = {}

    def handle_output(self, context: ms.OutputContext, obj: Any) -> None:
        """Store and note what is told."""
        self.inner.handle_output(context, obj)
        self.told = dict(context.added_metadata)

    def load_input(self, context: ms.InputContext) -> Any:
        """Note what is found and load."""
        self.found = dict(context.upstream.metadata)
        return self.inner.load_input(context)


def address(**changes: Any) -> ms.OutputContext:
    """Return where the output of some step goes, with some changes."""
    return ms.OutputContext(**{"run_id": "run-1", "step_key": "clean", "attempt": 1, **changes})
