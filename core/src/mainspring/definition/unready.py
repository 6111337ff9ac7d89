"""What every handle refuses: all that only a value can stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from mainspring.errors import NoValueYetError


def _refusal(what: str) -> Callable[..., Any]:
    def refuse(self: Unready, *others: object) -> NoReturn:
        self._refuse(what)

    return refuse


class Unready:
    """Something that has no value yet, and says so whenever it is treated like one."""

    __slots__ = ()
    __hash__ = object.__hash__
    __bool__ = _refusal("test")
    __len__ = _refusal("measure")
    __iter__ = _refusal("iterate over")
    __getitem__ = _refusal("look into")
    __call__ = _refusal("call")
    __int__ = __float__ = __index__ = _refusal("turn into a number")
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refusal("compare")
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refusal("compute with")
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __matmul__ = _refusal("compute with")
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _refusal("compute with")
    __neg__ = __pos__ = __abs__ = _refusal("compute with")

    __str__ = __format__ = _refusal("turn into text")

    def __repr__(self) -> str:
        return f"<{self.described()}>"

    def described(self) -> str:
        """Say what it stands for, in the words of an error message."""
        return "it"

    def _refuse(self, what: str, instead: str = "do that inside an op") -> NoReturn:
        raise NoValueYetError(
            f"a job's body is wired before anything runs, so {self.described()} has no value yet to {what}; {instead}"
        )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("__"):  # protocols are looked for, not used
                raise AttributeError(name)
            if name in ("map", "collect"):
                self._refuse(
                    name, "only an output that is declared out=ms.DynamicOut() can be mapped over and collected"
                )
            self._refuse(f"take .{name} of")
