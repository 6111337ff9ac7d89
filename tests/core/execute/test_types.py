"""Values are checked against annotations when steps run: one clear error, and no false alarm."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypedDict, TypeVar

import pytest

import mainspring as ms
from mainspring.definition.annotation import UNRESOLVED
from mainspring.errors import RunFailedError, TypeMismatchError
from mainspring.execute.typecheck import check_value

if TYPE_CHECKING:
    from somewhere_else import NotThere  # type: ignore[import-not-found]

T = TypeVar("T")


class Row(TypedDict):
    name: str
    rows: int


class Animal:
    pass


class Dog(Animal):
    pass


class Box(Generic[T]):
    pass


class Closes(Protocol):
    def close(self) -> None: ...


def name(thing: object) -> str:
    """Return a name for a test's parameter that is the same in every process."""
    return type(thing).__name__ if " object at 0x" in repr(thing) else repr(thing)


FITTING: list[tuple[Any, Any]] = [
    (1, int),
    (True, int),
    (1, float),
    (1, complex),
    (1.5, complex),
    (None, None),
    (None, int | None),
    (3, int | None),
    ("a", int | str),
    ([], list[int]),
    ([1], list[int]),
    ([1, 2], Sequence[int]),
    ({"a": 1}, dict[str, int]),
    ({"a": 1}, Mapping[str, int]),
    ((1, "a"), tuple[int, str]),
    ((1, 2, 3), tuple[int, ...]),
    ({1}, set[int]),
    ({"name": "x", "rows": 1}, Row),
    ([{"name": "x", "rows": 1}], list[Row]),
    (Dog(), Animal),
    (Dog, type[Animal]),
    (Box(), Box[int]),
    ("a", Literal["a", "b"]),
    (print, Callable[..., None]),
    (object(), object),
    (object(), Any),
    (object(), UNRESOLVED),
    (1, "Undefined"),
    (1, T),
    ([1], list["Undefined"]),  # type: ignore[name-defined]  # noqa: F821
]


@pytest.mark.parametrize(("value", "annotation"), FITTING, ids=name)
def test_what_fits_passes(value: Any, annotation: Any) -> None:
    check_value("step", "input", "x", value, annotation)


MISFITS: list[tuple[Any, Any, str, str]] = [
    ("1", int, "int", "str"),
    (1.0, int, "int", "float"),
    (None, int, "int", "NoneType"),
    ("1", float, "float", "str"),
    ("a", int | None, "int | None", "str"),
    (["a"], list[int], "list[int]", "list: item 0"),
    ({"a": "b"}, dict[str, int], "dict[str, int]", "value of key 'a'"),
    ((1,), tuple[int, str], "tuple[int, str]", "tuple"),
    ({"name": "x"}, Row, "test_types.Row", "rows"),
    ({"name": "x", "rows": "1"}, Row, "test_types.Row", "rows"),
    (Animal(), Dog, "test_types.Dog", "test_types.Animal"),
    (Animal, type[Dog], "type[", "Animal"),
    ("c", Literal["a", "b"], "Literal['a', 'b']", "str"),
    (object(), Closes, "test_types.Closes", "close"),
    (1, None, "None", "int"),
]


@pytest.mark.parametrize(("value", "annotation", "expected", "actual"), MISFITS, ids=name)
def test_what_does_not_fit_is_named(value: Any, annotation: Any, expected: str, actual: str) -> None:
    with pytest.raises(TypeMismatchError) as caught:
        check_value("clean", "input", "rows", value, annotation)

    message = str(caught.value)
    assert message.startswith("op 'clean': input 'rows' is annotated ")
    assert expected in caught.value.expected
    assert actual in caught.value.actual
    assert message.endswith("; correct the annotation or the value")
    assert "\n" not in message


@ms.op
def words() -> list[str]:
    return ["a"]


@ms.op
def lying() -> int:
    return "seven"  # type: ignore[return-value]


@ms.op
def total(numbers: list[int]) -> int:
    return sum(numbers)


@ms.op
def trusting(x: "NotThere") -> "NotThere":
    return x


def test_an_input_of_another_type_fails_the_reader() -> None:
    @ms.job
    def job() -> None:
        total(words())  # type: ignore[arg-type]

    with pytest.raises(RunFailedError, match="op 'total': input 'numbers' is annotated list") as caught:
        job.execute()
    assert isinstance(caught.value.__cause__, TypeMismatchError)


def test_an_output_of_another_type_fails_the_writer_and_stores_nothing() -> None:
    @ms.job
    def job() -> None:
        lying()

    result = job.execute(raise_on_error=False)

    assert result.run.reason == (
        "step 'lying' failed: TypeMismatchError: op 'lying': output 'result' is annotated int but got str; "
        "correct the annotation or the value"
    )
    assert not result.state.outputs


def test_an_annotation_that_cannot_be_resolved_checks_nothing() -> None:
    @ms.job
    def job() -> None:
        trusting.alias("again")(trusting(words()))

    assert job.execute().output("again") == ["a"]


def test_values_of_dynamic_outputs_and_fan_ins_are_checked_one_by_one() -> None:
    @ms.op(out=ms.DynamicOut())
    def keys() -> dict[str, int]:
        return {"a": 1, "b": "two"}  # type: ignore[dict-item]

    @ms.job
    def job() -> None:
        keys()

    assert "output 'result' is annotated int but got str" in (job.execute(raise_on_error=False).run.reason or "")


def test_an_op_annotated_none_returns_nothing() -> None:
    @ms.op
    def talkative() -> None:
        return 5  # type: ignore[return-value]

    @ms.job
    def job() -> None:
        talkative()

    assert "annotated None but got int" in (job.execute(raise_on_error=False).run.reason or "")


def test_a_typed_dict_gives_each_output_its_type() -> None:
    class Two(TypedDict):
        good: int
        bad: str

    @ms.op(out={"good": ms.Out(), "bad": ms.Out()})
    def two() -> Two:
        return {"good": "x", "bad": "y"}  # type: ignore[typeddict-item]

    @ms.job
    def job() -> None:
        two()

    assert "output 'good' is annotated int but got str" in (job.execute(raise_on_error=False).run.reason or "")
