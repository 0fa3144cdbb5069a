from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0013_domains_so_far_are_proven"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="domain",
            index=models.Index(fields=["checked_at"], name="domain_checked"),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.UniqueConstraint(
                condition=models.Q(("proven_at__isnull", False)),
                fields=("domain",),
                name="one_shop_has_a_proven_domain",
            ),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.UniqueConstraint(
                fields=("tenant", "domain"), name="a_shop_claims_a_domain_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_primary", True)),
                fields=("tenant",),
                name="one_primary_domain_of_a_shop",
            ),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_primary", False), ("proven_at__isnull", False), _connector="OR"
                ),
                name="a_primary_domain_is_proven",
            ),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_vouched", False), ("proven_at__isnull", False), _connector="OR"
                ),
                name="a_vouched_domain_is_proven",
            ),
        ),
    ]
