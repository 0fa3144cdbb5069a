from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RateCounter",
            fields=[
                ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
                (
                    "window",
                    models.BigIntegerField(help_text="Unix time divided by the window's length."),
                ),
                ("hits", models.IntegerField(default=0)),
            ],
            options={
                "db_table": "api_rate_counter",
                "indexes": [models.Index(fields=["window"], name="api_rate_counter_window")],
            },
        ),
    ]
