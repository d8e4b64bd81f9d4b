"""The supervisor: one command brings a whole platform up and keeps it up.

It owns the embedded PostgreSQL (cluster), the database roles and their passwords (roles), and the children that
serve: web, gateway and worker (processes). Everybody else gets a URL and never learns whether the server behind it is
the embedded one or a province's own pair. It knows no business, holds no request, and imports nothing of the rooms:
children are started by the name of their entry point.
"""
