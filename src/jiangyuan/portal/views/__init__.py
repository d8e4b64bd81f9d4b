"""Views: the states of lists that people named for themselves, and the record of what was exported from a list.

Duty: keep saved views, one of which may open a list; remember who took which list out of the platform, and how much.
Place in the flow: above every list page; the lists ask for views and exports through `jiangyuan.ui.keeping`.
Not: what a list shows, or to whom; a view is an address, and its list decides anew each time it is opened.
"""
