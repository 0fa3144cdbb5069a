"""Two shops to look at: the founding document's, with some thirty products each."""
