"""Scripts do not pay for what notebooks show."""

import subprocess
import sys

SCRIPT = """
import sys
import mainspring as ms

@ms.op
def number() -> int:
    return 1

@ms.job
def numbered():
    number()

result = numbered.execute()
result.output("number")
print(*(each for each in ("asyncio", "IPython", "mainspring.notebook") if each in sys.modules))
numbered._repr_html_(), result._repr_html_(), result.run._repr_html_()
print(*(each for each in ("asyncio", "IPython") if each in sys.modules))
"""


def test_running_a_job_loads_no_views_and_views_load_no_ipython() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)

    assert done.stdout == "\n\n"
