"""What the gateway may know: views of systems, keys, grants and cases, readable by its role, and nothing else.

Secrets stay sealed in them; the gateway opens them with the master key of its own machine. `gateway_state` is what
every prepared statement joins, so that a grant that ended is refused at the very next call.
"""

from django.db import migrations

VIEWS = """
CREATE VIEW gateway_caller AS
SELECT k.id AS key_id, k.algorithm, k.sealed_secret, k.public_key, k.expires_on, k.revoked_at, d.wrapped,
       s.id AS system_id, s.code, s.name, s.body_id, s.calls_per_minute,
       s.active AND b.active AS active, j.code AS jurisdiction
FROM organization_systemkey k
JOIN organization_applicationsystem s ON s.id = k.system_id
JOIN organization_body b ON b.id = s.body_id
JOIN organization_jurisdiction j ON j.id = b.jurisdiction_id
LEFT JOIN kernel_datakey d ON d.id = k.sealing_key;

CREATE VIEW gateway_grant AS
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

CREATE VIEW gateway_state AS
SELECT g.id AS grant_id, g.epoch, coalesce(i.data_version, '') AS data_version,
       g.active AND g.ready_epoch = g.epoch AND g.until >= (now() AT TIME ZONE 'Asia/Shanghai')::date AS live
FROM sharing_grant g LEFT JOIN ingestion_ingest i ON i.mount_id = g.mount_id;

CREATE VIEW gateway_case AS
SELECT c.system_id, c.number, c.purpose, c.open_until, c.closed_at,
       (SELECT array_agg(m.subject) FROM sharing_casemember m WHERE m.case_id = c.id) AS subjects
FROM sharing_case c;

CREATE FUNCTION gateway_subject_key(offered uuid, sealed bytea) RETURNS TABLE (id uuid, wrapped bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.kernel_datakey (id, subject, wrapped, created_at)
    SELECT offered, 'standing:subjects', sealed, now() WHERE offered IS NOT NULL
    ON CONFLICT (subject) DO NOTHING;
    SELECT k.id, k.wrapped FROM public.kernel_datakey k WHERE k.subject = 'standing:subjects';
$$;
REVOKE ALL ON FUNCTION gateway_subject_key(uuid, bytea) FROM PUBLIC;
"""

PRIVILEGES = """
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['jy_app', 'jy_reader', 'jy_gateway'] LOOP
        IF to_regrole(role) IS NULL THEN CONTINUE; END IF;
        EXECUTE format('REVOKE ALL ON gateway_caller, gateway_grant, gateway_state, gateway_case FROM %I', role);
    END LOOP;
    IF to_regrole('jy_gateway') IS NOT NULL THEN
        GRANT SELECT ON gateway_caller, gateway_grant, gateway_state, gateway_case TO jy_gateway;
        GRANT EXECUTE ON FUNCTION gateway_subject_key(uuid, bytea) TO jy_gateway;
    END IF;
END
$$;
"""

REMOVE = """
DROP FUNCTION gateway_subject_key(uuid, bytea);
DROP VIEW gateway_case; DROP VIEW gateway_state; DROP VIEW gateway_grant; DROP VIEW gateway_caller;
"""


class Migration(migrations.Migration):
    """The gateway's definitions."""

    dependencies = [
        ("delivery", "0001_initial"),
        ("entries", "0001_initial"),
        ("ingestion", "0001_initial"),
        ("kernel", "0002_memory"),
        ("organization", "0001_initial"),
        ("sharing", "0002_agreement_texts"),
    ]

    operations = [
        migrations.RunSQL(VIEWS, REMOVE),
        migrations.RunSQL(PRIVILEGES, migrations.RunSQL.noop),
    ]
