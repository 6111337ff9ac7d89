"""The markers of hook specs and of their implementations."""

from pluggy import HookimplMarker, HookspecMarker

PROJECT = "mainspring"
"""The project's name in pluggy, and its entry-point group."""

hookspec = HookspecMarker(PROJECT)
hookimpl = HookimplMarker(PROJECT)
"""Marks a function of a plugin module as the implementation of the hook of that name: `@ms.hookimpl`."""
