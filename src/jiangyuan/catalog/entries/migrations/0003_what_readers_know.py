"""What lists tell of an entry, kept beside what is being revised: filled from the last published version."""

from django.db import migrations, models

FILL = """
UPDATE entries_entry SET known_name = name, known_summary = summary, known_share_type = share_type,
    known_update_cycle = update_cycle, known_grade = grade;
UPDATE entries_entry e SET known_name = v.content->>'name', known_summary = v.content->>'summary',
    known_share_type = v.content->>'share_type', known_update_cycle = v.content->>'update_cycle',
    known_grade = (v.content->>'grade')::smallint
FROM (SELECT DISTINCT ON (entry_id) entry_id, content FROM entries_entryversion ORDER BY entry_id, number DESC) v
WHERE v.entry_id = e.id AND e.state <> 'published';
"""
SHARE = [("unconditional", "无条件共享"), ("conditional", "有条件共享"), ("none", "不予共享")]
CYCLES = [
    ("realtime", "实时"),
    ("daily", "每日"),
    ("weekly", "每周"),
    ("monthly", "每月"),
    ("quarterly", "每季度"),
    ("yearly", "每年"),
    ("irregular", "不定期"),
]


class Migration(migrations.Migration):
    """The fields that everybody may know."""

    dependencies = [("entries", "0002_orders_of_the_list")]

    operations = [
        migrations.AddField("entry", "known_name", models.CharField(default="", editable=False, max_length=200)),
        migrations.AddField("entry", "known_summary", models.TextField(default="", editable=False, max_length=4000)),
        migrations.AddField(
            "entry",
            "known_share_type",
            models.CharField(choices=SHARE, default="conditional", editable=False, max_length=14),
        ),
        migrations.AddField(
            "entry",
            "known_update_cycle",
            models.CharField(choices=CYCLES, default="realtime", editable=False, max_length=12),
        ),
        migrations.AddField("entry", "known_grade", models.PositiveSmallIntegerField(default=1, editable=False)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RemoveIndex("entry", "entry_by_name"),
        migrations.RemoveIndex("entry", "entry_by_share_type"),
        migrations.RemoveIndex("entry", "entry_by_grade"),
        migrations.AddIndex("entry", models.Index(fields=["known_name", "id"], name="entry_by_name")),
        migrations.AddIndex("entry", models.Index(fields=["known_share_type", "id"], name="entry_by_share_type")),
        migrations.AddIndex("entry", models.Index(fields=["known_grade", "id"], name="entry_by_grade")),
    ]
