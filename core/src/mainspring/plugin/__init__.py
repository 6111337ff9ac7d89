"""Plugins: the hooks through which distributions add to Mainspring, and the guards around them.

The only user of pluggy. Finds, checks and shows plugins; knows nothing of what they do.
"""

from mainspring.plugin.kind import KINDS
from mainspring.plugin.manager import PluginInfo, Plugins, load_plugins
from mainspring.plugin.markers import hookimpl, hookspec

__all__ = ["KINDS", "PluginInfo", "Plugins", "hookimpl", "hookspec", "load_plugins"]
