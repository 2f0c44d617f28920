"""How long reads are kept, holds that keep named ones longer, purging with receipts."""
