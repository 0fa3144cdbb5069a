import django.utils.timezone
from django.db import migrations, models

import tenants.models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0011_second_factor"),
    ]

    operations = [
        migrations.AddField(
            model_name="domain",
            name="challenge",
            field=models.CharField(
                default=tenants.models.new_challenge, editable=False, max_length=64
            ),
        ),
        migrations.AddField(
            model_name="domain",
            name="checked_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last check"),
        ),
        migrations.AddField(
            model_name="domain",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="domain",
            name="is_vouched",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="domain",
            name="missing_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="domain",
            name="proven_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="proven"),
        ),
        migrations.AddField(
            model_name="domain",
            name="seen",
            field=models.CharField(
                blank=True, editable=False, max_length=500, verbose_name="what was seen"
            ),
        ),
        migrations.AddField(
            model_name="domain",
            name="lost_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="domain",
            name="told_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="domain",
            name="domain",
            field=models.CharField(max_length=253),
        ),
        migrations.AlterField(
            model_name="domain",
            name="is_primary",
            field=models.BooleanField(
                default=False,
                help_text="Links in mails and feeds lead there.",
                verbose_name="main address",
            ),
        ),
    ]
