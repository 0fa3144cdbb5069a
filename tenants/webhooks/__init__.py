"""Outgoing webhooks: what a shop's other systems are told, how it is signed and sent."""
