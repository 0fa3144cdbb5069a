"""Counters need no write-ahead log: after a crash of the server they start again at nought."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE api_rate_counter SET UNLOGGED",
            reverse_sql="ALTER TABLE api_rate_counter SET LOGGED",
        )
    ]
