"""Only the worker's sequencer, as the owner, writes the log; nobody chooses the transaction of what he remembers.

A process that is taken over may still write acts in its own words, as every process that acts must, but can neither
put leaves and heads of its own into the log, nor slip an act in below what the sequencer has passed.
"""

from django.db import migrations

PRIVILEGES = """
DO $$
DECLARE
    role text;
    memory text;
    listed text;
BEGIN
    FOREACH role IN ARRAY ARRAY['jy_app', 'jy_gateway'] LOOP
        IF to_regrole(role) IS NULL THEN CONTINUE; END IF;
        EXECUTE format('REVOKE INSERT ON kernel_leaf, kernel_tree_node, kernel_tree_head FROM %I', role);
        FOREACH memory IN ARRAY ARRAY['kernel_event', 'kernel_access'] LOOP
            IF NOT has_table_privilege(role, memory, 'INSERT') THEN CONTINUE; END IF;
            SELECT string_agg(quote_ident(attname), ', ') INTO listed FROM pg_attribute
             WHERE attrelid = memory::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'xid';
            EXECUTE format('REVOKE INSERT ON %I FROM %I', memory, role);
            EXECUTE format('GRANT INSERT (%s) ON %I TO %I', listed, memory, role);
        END LOOP;
    END LOOP;
END
$$;
"""

BACK = """
DO $$
BEGIN
    IF to_regrole('jy_app') IS NOT NULL THEN
        GRANT INSERT ON kernel_event, kernel_access, kernel_leaf, kernel_tree_node, kernel_tree_head TO jy_app;
    END IF;
    IF to_regrole('jy_gateway') IS NOT NULL THEN
        GRANT INSERT ON kernel_access TO jy_gateway;
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    """The rights of the memory, narrowed."""

    dependencies = [("kernel", "0002_memory")]

    operations = [migrations.RunSQL(PRIVILEGES, BACK)]
