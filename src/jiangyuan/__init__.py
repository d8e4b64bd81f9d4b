"""Jiangyuan (江源): an integrated government big-data platform (一体化政务大数据平台) for a province.

The code is laid out as the plan is: a kernel, a data plane, and eight rooms above them. `README.md` says how to walk it.
"""

__version__ = "0.1.0"
