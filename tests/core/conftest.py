"""How the property tests run: often enough to find what is wrong, and never judged by the clock."""

from hypothesis import HealthCheck, settings

settings.register_profile("suite", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
