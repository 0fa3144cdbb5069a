"""Orders of the demo's shops: the founding document's two, and a year of plausible ones."""
