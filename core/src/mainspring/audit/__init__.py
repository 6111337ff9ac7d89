"""The bookkeeper: whether ticks, requests, runs and steps add up, from what storage says of them."""

from mainspring.audit.books import Books as Books
from mainspring.audit.books import Finding as Finding
from mainspring.audit.examine import examine as examine
from mainspring.audit.horizon import Horizon as Horizon
from mainspring.audit.horizon import horizon_now as horizon_now
