"""Counters shared by all worker processes."""

from django.db import models


class RateCounter(models.Model):
    """How often a key was seen in its current window.

    The table is UNLOGGED: a crash of the server forgets the counts and nothing else.
    """

    key = models.CharField(max_length=120, primary_key=True)
    window = models.BigIntegerField(help_text="Unix time divided by the window's length.")
    hits = models.IntegerField(default=0)

    class Meta:
        db_table = "api_rate_counter"
        indexes = [models.Index(fields=["window"], name="api_rate_counter_window")]

    def __str__(self) -> str:
        return self.key
