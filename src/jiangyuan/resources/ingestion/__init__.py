"""Ingestion (归集, R1): ties entries to tables, and brings their rows in: by copy or in place.

Duty: mounts (挂载), snapshots, following by change capture or declared-eventual polling, counts and checksums.
Place in the flow: above the catalogue; quality checks what came in; exchange serves it.
Not: it moves nothing to a consumer (`exchange.delivery` does) and keeps no rule about who may read.
"""
