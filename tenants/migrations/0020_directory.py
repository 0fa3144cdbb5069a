from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0019_deletion_reminder"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="is_listed",
            field=models.BooleanField(
                default=True,
                help_text="On the platform's home page, as soon as there is something to buy. "
                "The shop's own address works either way.",
                verbose_name="show the shop in the platform's directory",
            ),
        ),
        # Shops that are there stand in the directory until the worker has looked at them.
        migrations.AddField(
            model_name="tenant",
            name="has_products",
            field=models.BooleanField(
                default=True, editable=False, help_text="Whether there is something to buy."
            ),
        ),
        migrations.AlterField(
            model_name="tenant",
            name="has_products",
            field=models.BooleanField(
                default=False, editable=False, help_text="Whether there is something to buy."
            ),
        ),
    ]
