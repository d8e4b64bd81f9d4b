"""The parts every page and every REST operation is made from.

Duty: the frame, components, forms made from actions, paging, middleware, the shape of the REST interface, the message
catalogues. Place in the flow: above the kernel and the data plane, below every room; a room hands in values and gets a
page. Not: it knows no department, no entry and no grant; what it must ask a room (who is signed in, how many notices
wait) is a function that the room registers in `session`.
"""
