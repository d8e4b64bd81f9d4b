"""Administration: what the three administrators and operations look after, and the working calendar they publish."""
