# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import define

import mainspring as ms


@define
class Session(ms.Resource[str]):
    url: str = "local"

    @contextmanager
    def open(self) -> Iterator[str]:
        yield self.url


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": ""}, "mode cannot be called ''"),
        ({"name": 3}, "the name of a mode must be text, not int"),
        ({"name": "x" * 10_000}, "has 10000 characters; use at most 100"),
        ({"resources": ["a"]}, "the resources of mode 'dev' must be a dict by name, not list"),
        ({"resources": {"a b": 1}}, "resource cannot be called 'a b'"),
        ({"resources": {"session": Session}}, "is the class Session, not an instance of it; call it"),
        ({"resources": {"store": ms.MemoryIOManager}}, "is the class MemoryIOManager, not an instance of it; call it"),
        ({"executor": "local"}, "the executor of mode 'dev' is 'local', which does not derive from ms.Executor"),
        ({"executor": ms.InProcessExecutor}, "which does not derive from ms.Executor; call the class"),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.Mode(**{"name": "dev", **arguments})

    assert said in str(raised.value)
    assert len(str(raised.value)) < 400


def test_takes_any_plain_value_for_a_resource() -> None:
    class Client:
        def open(self) -> None:
            raise AssertionError("a plain value is handed over as it is")

    client = Client()

    @ms.op
    def use(*, client: Client = ms.resource()) -> bool:
        return isinstance(client, Client)

    made = ms.job(name="j", modes=[ms.Mode("dev", resources={"client": client})])(lambda: use())
    assert made.execute().output("use") is True
