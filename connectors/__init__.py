"""Connectors: each reads one network or kind of file behind the contract of :mod:`monitor.connector`."""
