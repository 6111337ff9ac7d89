"""What new definitions of a code location would change: decided from what is recorded, before anybody loads them."""

from mainspring.daemon.change.compare import compare as compare
from mainspring.daemon.change.outlook import outlook as outlook
from mainspring.daemon.change.plan import Change as Change
from mainspring.daemon.change.plan import LocationPlan as LocationPlan
from mainspring.daemon.change.plan import Outlook as Outlook
from mainspring.daemon.change.plan import Standing as Standing
from mainspring.daemon.change.standing import standing_of as standing_of
