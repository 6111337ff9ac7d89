"""The command line: one module a command group, loaded when it is called.

Reads what people type, calls the rest of the house, and shows what came of it. Decides nothing about runs, and is the
only package that knows of a terminal. Whatever it shows of people's data is escaped on its way out.
"""

from __future__ import annotations

from collections.abc import Sequence

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""

TERMINATED = 143
"""The exit code after a SIGTERM."""


def main(args: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit code: 0, 1 for an error, 2 for wrong usage, 130 after Ctrl-C.

    Args:
        args: The words behind `mainspring`; those of this process unless given.
    """
    import errno
    import sys

    import click

    from mainspring.cli import complaint
    from mainspring.cli.root import mainspring
    from mainspring.errors import MainspringError

    complaint.prepare_streams()
    try:
        with complaint.shown_warnings():
            code = mainspring.main(args, prog_name="mainspring", standalone_mode=False)
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        complaint.complain(complaint.usage_sentence(error))
        return error.exit_code
    except click.Abort:
        complaint.complain("interrupted from the keyboard")
        return INTERRUPTED
    except MainspringError as error:
        complaint.explain(error)
    except OSError as error:
        if error.errno != errno.EPIPE:
            complaint.complain(complaint.system_sentence(error))
        complaint.abandon_stdout()
    except Exception as error:  # noqa: BLE001 - the outermost edge: what arrives here is a bug, and says so
        complaint.confess(error)
    else:
        return code if isinstance(code, int) else 0
    return 1
