"""What goes out of the node by itself: alerts to people and, once confirmed, to other systems; reads that an export delivers.

``targets``: where to, and who may say so. ``worker``: the outbox is emptied here. ``content``: what a message says:
little. ``channels`` and beside it one file a channel: webhook, mail, push, mqtt. Everything asks the gate again when it is sent.
"""
