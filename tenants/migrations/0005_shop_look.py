from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_due_work"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="radius",
            field=models.CharField(
                choices=[
                    ("none", "None: straight corners"),
                    ("small", "Small: corners taken off"),
                    ("large", "Large: round corners and buttons"),
                ],
                default="large",
                max_length=10,
                verbose_name="corners",
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="density",
            field=models.CharField(
                choices=[
                    ("comfortable", "Comfortable: room around everything"),
                    ("compact", "Compact: more on a screen"),
                ],
                default="comfortable",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="type_scale",
            field=models.CharField(
                choices=[
                    ("plain", "Plain: sans serif throughout"),
                    ("small", "Small: quiet headings, small text"),
                    ("classic", "Classic: serif headings, sans serif text"),
                    ("literary", "Literary: serif throughout"),
                    ("rounded", "Rounded: soft, heavy headings"),
                    ("technical", "Technical: headings of a typewriter"),
                    ("poster", "Poster: narrow headings, as large as can be"),
                ],
                default="plain",
                max_length=10,
                verbose_name="type",
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="logo_alt",
            field=models.CharField(
                blank=True,
                help_text="For those who do not see it. Empty: the shop's name.",
                max_length=160,
                verbose_name="words for the logo",
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="logo_width",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="tenant",
            name="logo_height",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name="ShopLook",
            fields=[],
            options={
                "verbose_name": "shop look",
                "verbose_name_plural": "shop look",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("tenants.tenant",),
        ),
    ]
