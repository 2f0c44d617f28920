"""People and how they prove who they are: accounts, sessions, passkeys, consents."""
