"""The bookkeeper: whether ticks, requests, runs and steps add up, from what storage says of them."""

from mainspring.audit.books import Books as Books
from mainspring.audit.books import Finding as Finding
from mainspring.audit.examine import examine as examine
