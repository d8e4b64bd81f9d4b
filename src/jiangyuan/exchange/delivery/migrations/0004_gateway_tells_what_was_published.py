"""The gateway describes a service as its entry was published: a revision under way changes nothing that is delivered."""

from django.db import migrations

PUBLISHED = """
CREATE OR REPLACE VIEW gateway_grant AS
SELECT g.id, g.system_id, g.epoch, g.until, g.forms, g.purpose, g.case_bound, g.probes_per_minute, g.items,
       g.condition, g.entry_id, g.mount_id, m.alias, m.key, m.mode, e.known_name AS entry_name, p.name AS provider_name,
       g.active AND g.state = 'active' AND m.state = 'active' AND e.live_version > 0 AS active,
       g.ready_epoch = g.epoch AS built, g.state, g.created_at, coalesce(i.data_version, '') AS data_version,
       coalesce((SELECT v.content->'items' FROM entries_entryversion v
                 WHERE v.entry_id = g.entry_id AND v.number = e.live_version), '[]'::jsonb) AS described
FROM sharing_grant g
JOIN ingestion_mount m ON m.id = g.mount_id
JOIN entries_entry e ON e.id = g.entry_id
JOIN organization_body p ON p.id = g.provider_id
LEFT JOIN ingestion_ingest i ON i.mount_id = g.mount_id;
"""

WORKING = """
CREATE OR REPLACE VIEW gateway_grant AS
SELECT g.id, g.system_id, g.epoch, g.until, g.forms, g.purpose, g.case_bound, g.probes_per_minute, g.items,
       g.condition, g.entry_id, g.mount_id, m.alias, m.key, m.mode, e.name AS entry_name, p.name AS provider_name,
       g.active AND g.state = 'active' AND m.state = 'active' AND e.live_version > 0 AS active,
       g.ready_epoch = g.epoch AS built, g.state, g.created_at, coalesce(i.data_version, '') AS data_version,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('column', t."column", 'name', t.name, 'type', t.type,
                        'identifies', t.identifies, 'personal', t.personal, 'shareable', t.shareable)
                        ORDER BY t.position), '[]'::jsonb)
        FROM entries_dataitem t WHERE t.entry_id = g.entry_id) AS described
FROM sharing_grant g
JOIN ingestion_mount m ON m.id = g.mount_id
JOIN entries_entry e ON e.id = g.entry_id
JOIN organization_body p ON p.id = g.provider_id
LEFT JOIN ingestion_ingest i ON i.mount_id = g.mount_id;
"""


class Migration(migrations.Migration):
    """Names, identifying and shareable items come from the last published version."""

    dependencies = [("delivery", "0003_measure"), ("entries", "0003_what_readers_know")]

    operations = [migrations.RunSQL(PUBLISHED, WORKING)]
