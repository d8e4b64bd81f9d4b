"""The stagehand: what exists only while the demonstration runs.

One-click sign-in with the demonstration's own passwords, and the few acts that a visitor cannot do himself because they
happen in a department's own system: correcting a record, registering a death, having asked four weeks ago. Installed by
`JIANGYUAN_DEMO`, which only `jiangyuan demo` sets, and refused wherever anybody but this machine could reach it.
"""
