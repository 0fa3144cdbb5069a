from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0017_sign_up"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShopLocale",
            fields=[],
            options={
                "verbose_name": "language and time",
                "verbose_name_plural": "language and time",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("tenants.tenant",),
        ),
    ]
