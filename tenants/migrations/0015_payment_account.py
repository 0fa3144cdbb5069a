from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0014_domains_are_proven_once"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaymentAccount",
            fields=[],
            options={
                "verbose_name": "payment account",
                "verbose_name_plural": "payment account",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("tenants.tenant",),
        ),
    ]
