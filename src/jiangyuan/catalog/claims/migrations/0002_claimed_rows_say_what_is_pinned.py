"""A claimed entry says what its pinned upper version says, whoever writes the row: the database keeps it so.

Before any row of a claimed entry is written, its locked fields (the entry's own and what lists know of it), its locked
items and the content of its new versions are taken from the version that its pin names. A locked item is not deleted.
Fields that a version does not keep, and those listed here as local, are left alone.
"""

from django.db import migrations

KEEP = """
CREATE FUNCTION claims_locked(claimed uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT v.content - ARRAY['contact', 'contact_phone', 'format', 'update_cycle', 'share_methods',
                             'time_from', 'time_to', 'space_scope', 'provider', 'provider_code', 'related']
      FROM claims_pin p JOIN entries_entryversion v ON v.id = p.to_id WHERE p.entry_id = claimed
$$;

CREATE FUNCTION claims_keep_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept jsonb := claims_locked(NEW.id) - 'items';
BEGIN
    IF kept IS NULL THEN RETURN NEW; END IF;
    RETURN jsonb_populate_record(
        NEW, kept || (SELECT jsonb_object_agg('known_' || key, value) FROM jsonb_each(kept)));
END
$$;

CREATE FUNCTION claims_keep_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    item jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM jsonb_array_elements(claims_locked(OLD.entry_id) -> 'items') i
                    WHERE i ->> 'column' = OLD."column") THEN
            RAISE EXCEPTION 'a locked item of a claimed entry is not deleted' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD."column" <> NEW."column" AND EXISTS (
        SELECT FROM jsonb_array_elements(claims_locked(OLD.entry_id) -> 'items') i
         WHERE i ->> 'column' = OLD."column") THEN
        NEW."column" := OLD."column";
    END IF;
    SELECT i INTO item FROM jsonb_array_elements(claims_locked(NEW.entry_id) -> 'items') i
     WHERE i ->> 'column' = NEW."column";
    IF item IS NULL THEN RETURN NEW; END IF;
    IF item ? 'element' THEN
        NEW.element_id := (SELECT e.id FROM standards_dataelement e WHERE e.code = item ->> 'element');
    END IF;
    RETURN jsonb_populate_record(NEW, item - ARRAY['id', 'entry_id', 'element_id', 'position']);
END
$$;

CREATE FUNCTION claims_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept jsonb := claims_locked(NEW.entry_id);
BEGIN
    IF kept IS NULL THEN RETURN NEW; END IF;
    NEW.content := NEW.content || kept || jsonb_build_object('items', (kept -> 'items') || COALESCE((
        SELECT jsonb_agg(own) FROM jsonb_array_elements(NEW.content -> 'items') own
         WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(kept -> 'items') i
                            WHERE i ->> 'column' = own ->> 'column')), '[]'::jsonb));
    RETURN NEW;
END
$$;

CREATE TRIGGER claims_keep BEFORE INSERT OR UPDATE ON entries_entry
    FOR EACH ROW EXECUTE FUNCTION claims_keep_entry();
CREATE TRIGGER claims_keep BEFORE INSERT OR UPDATE OR DELETE ON entries_dataitem
    FOR EACH ROW EXECUTE FUNCTION claims_keep_item();
CREATE TRIGGER claims_keep BEFORE INSERT ON entries_entryversion
    FOR EACH ROW EXECUTE FUNCTION claims_keep_version();
"""

LET_GO = """
DROP TRIGGER claims_keep ON entries_entry;
DROP TRIGGER claims_keep ON entries_dataitem;
DROP TRIGGER claims_keep ON entries_entryversion;
DROP FUNCTION claims_keep_entry, claims_keep_item, claims_keep_version, claims_locked;
"""


class Migration(migrations.Migration):
    """Claimed rows are kept equal to what they are pinned to."""

    dependencies = [("claims", "0001_initial")]

    operations = [migrations.RunSQL(KEEP, LET_GO)]
