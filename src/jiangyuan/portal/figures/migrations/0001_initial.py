import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The figures."""

    initial = True

    dependencies = [
        ("organization", "0002_jurisdiction_retired"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reach",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("xid", models.BigIntegerField(default=0)),
                ("day", models.DateField(null=True)),
                ("at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Figure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=20)),
                ("key", models.CharField(blank=True, default="", max_length=60)),
                ("day", models.DateField()),
                ("value", models.BigIntegerField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="figures", to="organization.body"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["name", "day"], name="figures_fig_name_96fc0f_idx")],
                "constraints": [models.UniqueConstraint(fields=("day", "name", "key", "body"), name="figure_once")],
            },
        ),
    ]
