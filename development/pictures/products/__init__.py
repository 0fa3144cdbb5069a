"""The demo shops' products as scenes."""
