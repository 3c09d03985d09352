"""Imported by every Python started from a test, because its folder stands in PYTHONPATH."""

import network_guard

network_guard.install()
