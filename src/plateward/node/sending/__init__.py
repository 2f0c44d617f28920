"""What goes out of the node by itself: alerts to people and, once confirmed, to other systems; and feeds, which are reads.

``targets``: where to, and who may say so. ``worker``: the outbox is emptied here. ``content``: what a message says:
little. ``channels`` and beside it one file a channel: webhook, mail, push, mqtt. Everything asks the gate again when it is sent.

Feeds: ``feeds`` (asking, approving, ending), ``feeds_in_force`` (what ends them), ``feed_queue`` (what waits), ``feed_worker``
(what goes), ``feed_view`` (what is seen), ``home_assistant`` (what introduces readers to it).
"""
