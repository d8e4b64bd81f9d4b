"""Delivery (X2, X3): what is granted reaches the consumer, as verification, query or continuous table.

Duty: deliveries of tables into a consumer's own database, following within seconds; the services that the gateway
answers; warnings when a watched person's record changes; the consumer's records of use (art. 29).
Place in the flow: above sharing; the gateway process and the worker run what is decided here.
Not: it decides on no right to read; every row leaves under a Plan.
"""
