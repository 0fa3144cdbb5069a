from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0018_shop_locale"),
    ]

    operations = [
        migrations.AddField(
            model_name="shopdeletion",
            name="reminded_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
