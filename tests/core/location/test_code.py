import sys
from pathlib import Path

import pytest

from mainspring.errors import CodeError
from mainspring.location.code import CodeSource, UserCodeError, loaded
from tests.core.cli import command
from tests.core.cli.command import Write

JOB = """
import mainspring as ms

@ms.op
def one() -> int:
    return 1

@ms.job
def first():
    one()
"""


def names(source: CodeSource) -> list[str]:
    with loaded(source) as definitions:
        return list(definitions.jobs)


def complaint(source: CodeSource) -> str:
    with pytest.raises(CodeError) as caught, loaded(source):
        pass
    return str(caught.value)


def test_a_files_definitions_are_taken(write: Write) -> None:
    file = write("defs.py", f"{JOB}\nhidden = first\ndefs = ms.Definitions(jobs=[])")

    assert names(CodeSource(file)) == []


def test_one_definitions_under_two_names_is_one(write: Write) -> None:
    assert names(CodeSource(write("defs.py", f"{JOB}\na = b = ms.Definitions(jobs=[first])"))) == ["first"]


def test_jobs_alone_are_taken_as_definitions(write: Write) -> None:
    assert names(CodeSource(write("defs.py", f"{JOB}\nalias = first"))) == ["first"]


def test_a_module_is_found_from_the_working_directory(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("shop_here/__init__.py", "")
    write("shop_here/definitions.py", JOB)
    monkeypatch.chdir(tmp_path)

    assert names(CodeSource(module="shop_here.definitions")) == ["first"]


def test_a_file_imports_what_lies_beside_it_while_it_is_in_use(write: Write, tmp_path: Path) -> None:
    write("beside_it.py", "NUMBER = 1")
    file = write("defs.py", JOB.replace("return 1", "import beside_it; return beside_it.NUMBER"))

    with loaded(CodeSource(file)) as definitions:
        assert definitions.job("first").execute().output("one") == 1
    assert str(tmp_path) not in sys.path


def test_a_file_may_be_named_like_a_module_that_is_loaded(write: Write) -> None:
    assert names(CodeSource(write("json.py", JOB))) == ["first"]
    assert hasattr(sys.modules["json"], "dumps")


def test_what_the_code_prints_is_no_part_of_the_output(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    names(CodeSource(write("defs.py", f"print('loading')\n{JOB}")))

    out, err = capsys.readouterr()
    assert (out, err) == ("", "loading\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\nx = (", "defs.py:2 cannot be loaded: SyntaxError: '(' was never closed"),
        ("x = 1\n\nnope", "defs.py:3 cannot be loaded: NameError: name 'nope' is not defined"),
        ("import sys\nsys.exit(3)", "defs.py:2 cannot be loaded: it called sys.exit(3) while it was loaded"),
        ("raise ValueError('one\\ntwo')", "defs.py:1 cannot be loaded: ValueError: one"),
        ("raise ValueError", "defs.py:1 cannot be loaded: ValueError"),
        (
            "import no_such_library",
            "defs.py:1 cannot be loaded: ModuleNotFoundError: No module named 'no_such_library'",
        ),
        ("from . import x", "so name it with -m"),
        ("import json\njson.loads('{')", "defs.py:2 cannot be loaded: JSONDecodeError"),
        ("import mainspring as ms\n@ms.job\ndef empty():\n    pass", "job 'empty' has no ops"),
        ("x = '\udcff'", "cannot be loaded"),
        ("x = 1", "holds no Definitions and no job"),
        (f"{JOB}\na = ms.Definitions(jobs=[first])\nb = ms.Definitions()", "holds 2 Definitions (a, b); keep one"),
        (f"{JOB}\nsecond = ms.job(name='first')(one.__wrapped__ and (lambda: one()))", "two jobs are named 'first'"),
    ],
)
def test_code_that_does_not_load_is_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "defs.py"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))

    sentence = complaint(CodeSource(str(file)))

    assert said in sentence
    assert "\n" not in sentence
    assert "Traceback" not in sentence


def test_an_error_in_another_file_of_the_users_is_placed_there(write: Write, tmp_path: Path) -> None:
    write("other_file.py", "\n\nboom")

    assert complaint(CodeSource(write("defs.py", "import other_file"))).startswith(f"{tmp_path}/other_file.py:3 cannot")


def test_the_users_own_frames_come_along_where_they_are_asked_for(write: Write) -> None:
    file = write("defs.py", "import json\n\ndef read():\n    json.loads('{')\n\nread()")

    with pytest.raises(UserCodeError) as caught, loaded(CodeSource(file, with_traceback=True)):
        pass

    assert f'File "{file}", line 6' in caught.value.user_traceback
    assert f'File "{file}", line 4, in read' in caught.value.user_traceback
    assert "decoder.py" not in caught.value.user_traceback
    assert "location/code.py" not in caught.value.user_traceback


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (CodeSource("nowhere.py"), "there is no file nowhere.py"),
        (CodeSource("/"), "/ is no file"),
        (CodeSource("x" * 10_000), "cannot be read: File name too long"),
        (CodeSource(command.__file__), "holds no Definitions"),
        (CodeSource(module="no_such_module.inner"), "there is no module 'no_such_module.inner'"),
        (CodeSource(module="json.nothing"), "there is no module 'json.nothing'"),
        (CodeSource(module=".relative"), "cannot be loaded"),
        (CodeSource(module=""), "cannot be loaded"),
    ],
)
def test_code_that_is_not_there_is_one_sentence(source: CodeSource, said: str) -> None:
    assert said in complaint(source)


def test_a_file_that_is_no_python_is_refused(write: Write) -> None:
    assert "should end in .py" in complaint(CodeSource(write("defs.toml", JOB)))


def test_an_interrupt_while_loading_is_an_interrupt(write: Write) -> None:
    with pytest.raises(KeyboardInterrupt), loaded(CodeSource(write("defs.py", "raise KeyboardInterrupt"))):
        pass
