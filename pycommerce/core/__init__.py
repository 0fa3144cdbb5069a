"""The ground floor: plain Python and Django that knows no app."""
