"""Servers of our own that stand in for the networks, on loopback: the real client libraries talk to them."""
