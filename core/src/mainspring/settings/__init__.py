"""Settings: what `mainspring.toml`, or `[tool.mainspring]` in a pyproject.toml, says of an instance.

Reads and checks; builds nothing of what is named there.
"""

from mainspring.settings.file import FILE_NAME, find_settings, read_settings, settings_in
from mainspring.settings.model import (
    DEFAULT_STORAGE,
    Component,
    LimitSettings,
    ModeSettings,
    MonitorSettings,
    QueueSettings,
    RetentionSettings,
    Settings,
)
from mainspring.settings.reading import settings_of

__all__ = [
    "DEFAULT_STORAGE",
    "FILE_NAME",
    "Component",
    "LimitSettings",
    "ModeSettings",
    "MonitorSettings",
    "QueueSettings",
    "RetentionSettings",
    "Settings",
    "find_settings",
    "read_settings",
    "settings_in",
    "settings_of",
]
