"""PostgreSQL: schema, migrations, queries, the embedded server. Only ``node`` may open this door."""
