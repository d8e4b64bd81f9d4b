"""The core metadata of the national guide, the classification tree, codes that were, relations and scores."""

import django.db.models.deletion
from django.db import migrations, models

import jiangyuan.kernel.identifiers
import jiangyuan.kernel.models
from jiangyuan.catalog.entries.classes import level_of, parent_of, shipped

FILL = """
UPDATE entries_entry SET known_classification = classification, known_format = format, known_open_type = open_type;
UPDATE entries_entry e SET known_classification = v.content->>'classification', known_format = v.content->>'format',
    known_open_type = v.content->>'open_type'
FROM (SELECT DISTINCT ON (entry_id) entry_id, content FROM entries_entryversion ORDER BY entry_id, number DESC) v
WHERE v.entry_id = e.id AND e.state <> 'published' AND v.content ? 'classification';
UPDATE entries_dataitem SET data_type = CASE
    WHEN type LIKE 'timestamp%' THEN 'T' WHEN type = 'date' THEN 'D' WHEN type IN ('smallint', 'integer', 'bigint') THEN 'I'
    WHEN type LIKE 'numeric%' THEN 'N' WHEN type = 'real' THEN 'F' WHEN type = 'double precision' THEN 'B'
    WHEN type = 'boolean' THEN 'L' WHEN type IN ('bytea', 'json', 'jsonb') THEN 'G' ELSE 'C' END;
"""
"""What readers know of class, format and opening, as last published; the types of items in the guide's words."""


def plant(apps, _editor):
    """Put the shipped classes there, and those under which entries stand already."""
    classes, entries = apps.get_model("entries", "Classification"), apps.get_model("entries", "Entry")
    wanted = [*shipped()]
    used = set(entries.objects.order_by().values_list("classification", flat=True).distinct())
    for code in sorted(used):
        line = [code]
        while parent_of(line[0]):
            line.insert(0, parent_of(line[0]))
        wanted += [(one, f"原分类 {one}", False) for one in line]
    made = {}
    for code, name, national in wanted:
        if code not in made:
            made[code] = classes.objects.create(
                code=code, name=name, level=level_of(code), parent=made.get(parent_of(code)), national=national
            )


class Migration(migrations.Migration):
    """Tables and fields, then what stands in them."""

    dependencies = [
        ("entries", "0003_what_readers_know"),
        ("organization", "0003_sessions"),
        ("sources", "0002_scan_problems"),
    ]

    operations = [
        migrations.CreateModel(
            name="Classification",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=jiangyuan.kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("node_id", models.CharField(default=jiangyuan.kernel.models._node, editable=False, max_length=64)),
                ("origin_id", models.CharField(blank=True, default="", max_length=200)),
                ("origin_version", models.CharField(blank=True, default="", max_length=64)),
                ("version", models.PositiveIntegerField(default=0)),
                ("created_by", models.UUIDField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("level", models.PositiveSmallIntegerField(choices=[(1, "类"), (2, "项"), (3, "目"), (4, "细目")])),
                ("national", models.BooleanField(default=False)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="EntryRelation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=jiangyuan.kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("node_id", models.CharField(default=jiangyuan.kernel.models._node, editable=False, max_length=64)),
                ("origin_id", models.CharField(blank=True, default="", max_length=200)),
                ("origin_version", models.CharField(blank=True, default="", max_length=64)),
                ("version", models.PositiveIntegerField(default=0)),
                ("created_by", models.UUIDField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("derived_from", "加工自"),
                            ("part_of", "属于"),
                            ("replaces", "替代"),
                            ("references", "引用"),
                            ("same_subject", "同一主题"),
                        ],
                        max_length=14,
                    ),
                ),
                ("dropped", models.BooleanField(default=False)),
                ("known", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="EntryScore",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="judgement",
                        serialize=False,
                        to="entries.entry",
                    ),
                ),
                ("lines", models.JSONField(default=list)),
                ("at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="FormerCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=jiangyuan.kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("node_id", models.CharField(default=jiangyuan.kernel.models._node, editable=False, max_length=64)),
                ("origin_id", models.CharField(blank=True, default="", max_length=200)),
                ("origin_version", models.CharField(blank=True, default="", max_length=64)),
                ("version", models.PositiveIntegerField(default=0)),
                ("created_by", models.UUIDField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=60, unique=True)),
                ("given_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-ended_at"],
            },
        ),
        migrations.AddField(
            model_name="dataitem",
            name="data_type",
            field=models.CharField(
                blank=True,
                choices=[
                    ("C", "字符型 C"),
                    ("N", "数值型 N"),
                    ("Y", "货币型 Y"),
                    ("D", "日期型 D"),
                    ("T", "日期时间型 T"),
                    ("L", "逻辑型 L"),
                    ("M", "备注型 M"),
                    ("G", "通用型 G"),
                    ("B", "双精度型 B"),
                    ("I", "整型 I"),
                    ("F", "浮点型 F"),
                ],
                default="",
                max_length=1,
            ),
        ),
        migrations.AddField(
            model_name="dataitem",
            name="length",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="dataitem",
            name="nullable",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="dataitem",
            name="scale",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="dataitem",
            name="sensitive",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="entry",
            name="contact",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
        migrations.AddField(
            model_name="entry",
            name="contact_phone",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="entry",
            name="known_classification",
            field=models.CharField(default="307001", editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name="entry",
            name="known_format",
            field=models.CharField(
                choices=[
                    ("database", "数据库"),
                    ("spreadsheet", "电子表格"),
                    ("file", "电子文件"),
                    ("service", "服务接口"),
                    ("image", "图形图像"),
                    ("media", "流媒体"),
                    ("described", "自描述格式"),
                ],
                default="database",
                editable=False,
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="known_nature",
            field=models.CharField(
                blank=True,
                choices=[("item", "事项类"), ("non_item", "非事项类")],
                default="",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="known_open_type",
            field=models.CharField(
                choices=[("unconditional", "无条件开放"), ("conditional", "有条件开放"), ("none", "不予开放")],
                default="none",
                editable=False,
                max_length=14,
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="known_score",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="nature",
            field=models.CharField(
                blank=True, choices=[("item", "事项类"), ("non_item", "非事项类")], default="", max_length=10
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="score",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="share_methods",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="entry",
            name="space_scope",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="entry",
            name="time_from",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="time_to",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="entry",
            name="format",
            field=models.CharField(
                choices=[
                    ("database", "数据库"),
                    ("spreadsheet", "电子表格"),
                    ("file", "电子文件"),
                    ("service", "服务接口"),
                    ("image", "图形图像"),
                    ("media", "流媒体"),
                    ("described", "自描述格式"),
                ],
                default="database",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="known_update_cycle",
            field=models.CharField(
                choices=[
                    ("realtime", "实时"),
                    ("daily", "每日"),
                    ("weekly", "每周"),
                    ("monthly", "每月"),
                    ("quarterly", "每季度"),
                    ("half_yearly", "每半年"),
                    ("yearly", "每年"),
                    ("irregular", "不定期"),
                ],
                default="realtime",
                editable=False,
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="update_cycle",
            field=models.CharField(
                choices=[
                    ("realtime", "实时"),
                    ("daily", "每日"),
                    ("weekly", "每周"),
                    ("monthly", "每月"),
                    ("quarterly", "每季度"),
                    ("half_yearly", "每半年"),
                    ("yearly", "每年"),
                    ("irregular", "不定期"),
                ],
                default="realtime",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["known_classification", "id"], name="entry_by_class"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["known_score", "id"], name="entry_by_score"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["body", "score"], name="entry_worst_of_body"),
        ),
        migrations.AddField(
            model_name="classification",
            name="parent",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="entries.classification",
            ),
        ),
        migrations.AddField(
            model_name="entryrelation",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="relations", to="entries.entry"
            ),
        ),
        migrations.AddField(
            model_name="entryrelation",
            name="to",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="related_by", to="entries.entry"
            ),
        ),
        migrations.AddField(
            model_name="formercode",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="former_codes", to="entries.entry"
            ),
        ),
        migrations.AddConstraint(
            model_name="entryrelation",
            constraint=models.UniqueConstraint(fields=("entry", "to", "kind"), name="relation_once"),
        ),
        migrations.AddConstraint(
            model_name="entryrelation",
            constraint=models.CheckConstraint(
                condition=models.Q(("entry", models.F("to")), _negated=True), name="relation_to_another"
            ),
        ),
        migrations.RunPython(plant, migrations.RunPython.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
