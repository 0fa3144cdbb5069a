"""How moments look in German: 29. Nov. 2026, 23:05. Whole dates stay as Django has them."""

DATETIME_FORMAT = "j. N Y, H:i"
SHORT_DATE_FORMAT = "j. N Y"
TIME_FORMAT = "H:i"
