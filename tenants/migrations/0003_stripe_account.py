import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_extensions"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="stripe_account",
            field=models.CharField(
                blank=True,
                help_text="Connect account that charges go to (acct_…); empty: the platform's own.",
                max_length=255,
                validators=[
                    django.core.validators.RegexValidator(
                        "^acct_[A-Za-z0-9]+\\Z", "It is written as acct_…."
                    )
                ],
                verbose_name="Stripe account",
            ),
        ),
    ]
