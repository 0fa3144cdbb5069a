"""How moments look in English: 29 Nov 2026, 23:05. Whole dates stay as Django has them."""

DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
