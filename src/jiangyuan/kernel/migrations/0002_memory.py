"""The memory's tables: partitioned by month, append-only for every role but the owner's maintenance.

The privileges are taken away by name, so that a database owner who grants too much by default is corrected here.
"""

from django.db import migrations

TABLES = """
CREATE TABLE kernel_event (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    type text NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid NOT NULL,
    body uuid,
    object_type text NOT NULL,
    object_id uuid,
    correlation uuid,
    canonical bytea NOT NULL,
    key_id uuid,
    ciphertext bytea,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE kernel_event_default PARTITION OF kernel_event DEFAULT;
CREATE INDEX kernel_event_order ON kernel_event (xid, id);
CREATE INDEX kernel_event_object ON kernel_event (object_type, object_id, at DESC);
CREATE INDEX kernel_event_actor ON kernel_event (actor_id, at DESC);
CREATE INDEX kernel_event_type ON kernel_event (type, xid, id);

CREATE TABLE kernel_access (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    read uuid NOT NULL,
    phase text NOT NULL,
    form text NOT NULL,
    grant_id uuid,
    entry_id uuid,
    actor_kind text NOT NULL,
    actor_id uuid NOT NULL,
    body uuid,
    row_count bigint,
    subjects bytea,
    canonical bytea NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE kernel_access_default PARTITION OF kernel_access DEFAULT;
CREATE INDEX kernel_access_order ON kernel_access (xid, id);
CREATE INDEX kernel_access_grant ON kernel_access (grant_id, at DESC);
CREATE INDEX kernel_access_actor ON kernel_access (actor_id, at DESC);
"""

# Month partitions are made ahead by the worker (as owner); a row of a month that nobody prepared goes to the default.
PARTITIONS = """
CREATE FUNCTION kernel_ensure_partitions(ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    made integer := 0;
    parent text;
    month date;
    child text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['kernel_event', 'kernel_access'] LOOP
        FOR step IN 0..ahead LOOP
            month := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step))::date;
            child := parent || to_char(month, '_YYYY_MM');
            IF to_regclass(child) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    child, parent, month::text || ' 00:00:00+00',
                    (month + interval '1 month')::date::text || ' 00:00:00+00');
                -- default privileges would let the application change rows of the partition behind its parent's back
                IF to_regrole('jy_app') IS NOT NULL THEN
                    EXECUTE format('REVOKE ALL ON %I FROM jy_app', child);
                END IF;
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION kernel_ensure_partitions(integer) FROM PUBLIC;
SELECT kernel_ensure_partitions(3);
"""

PRIVILEGES = """
DO $$
DECLARE
    role text;
    memory text;
BEGIN
    FOREACH role IN ARRAY ARRAY['jy_app', 'jy_reader', 'jy_gateway'] LOOP
        IF to_regrole(role) IS NULL THEN CONTINUE; END IF;
        FOR memory IN
            SELECT c.oid::regclass::text FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND (c.relname ~ '^kernel_(event|access)' OR c.relname IN
                   ('kernel_leaf', 'kernel_tree_node', 'kernel_tree_head'))
        LOOP
            EXECUTE format('REVOKE ALL ON %s FROM %I', memory, role);
        END LOOP;
    END LOOP;
    IF to_regrole('jy_app') IS NOT NULL THEN
        GRANT SELECT, INSERT ON kernel_event, kernel_access, kernel_leaf, kernel_tree_node, kernel_tree_head TO jy_app;
    END IF;
    IF to_regrole('jy_gateway') IS NOT NULL THEN
        GRANT INSERT ON kernel_access TO jy_gateway;
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    """The memory."""

    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.RunSQL(
            TABLES,
            "DROP TABLE kernel_event; DROP TABLE kernel_access;",
        ),
        migrations.RunSQL(PARTITIONS, "DROP FUNCTION kernel_ensure_partitions(integer);"),
        migrations.RunSQL(PRIVILEGES, migrations.RunSQL.noop),
    ]
