"""The phases of one read are found by its number: which reads began and never ended, which call left which trace."""

from django.db import migrations


class Migration(migrations.Migration):
    """An index of the reads' numbers, in every partition."""

    dependencies = [("kernel", "0003_only_the_sequencer_writes_the_log")]

    operations = [
        migrations.RunSQL("CREATE INDEX kernel_access_read ON kernel_access (read);", "DROP INDEX kernel_access_read;"),
    ]
