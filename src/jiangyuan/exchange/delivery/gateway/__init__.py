"""The gateway: verification (核验) and query for application systems, answered by a process of its own.

Duty: take signed calls, hold each against key, quota, grant, case and listed persons, answer from the serving store by
statements that join the grant itself, and leave a durable trace before the first byte of the answer.
Place in the flow: `jiangyuan.gateway` composes it; what it may know stands in views that a migration gives its role.
Not: it has no sessions, no pages and no records; it decides on no right, it only finds that one is held.
"""
