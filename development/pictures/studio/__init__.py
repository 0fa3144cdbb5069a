"""A small photo studio: solids described by distances, lit softly, seen by a camera."""
