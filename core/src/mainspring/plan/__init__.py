"""From a job, a mode and a selection to steps, and which of them may start next.

Pure: takes values and returns values; opens, reads and writes nothing.
"""

from mainspring.plan.bind import Binding, bind
from mainspring.plan.build import Plan, build_plan
from mainspring.plan.progress import Progress
from mainspring.plan.step import Step

__all__ = ["Binding", "Plan", "Progress", "Step", "bind", "build_plan"]
