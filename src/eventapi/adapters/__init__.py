"""What implements the application's ports: storage, clock, identities, password hashes."""
