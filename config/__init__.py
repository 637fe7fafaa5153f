"""The installation: settings, addresses, embedded PostgreSQL and the processes round it."""
