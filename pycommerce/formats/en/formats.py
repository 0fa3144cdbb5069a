"""How dates look in English: 29 Nov 2026, and moments: 29 Nov 2026, 23:05."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
