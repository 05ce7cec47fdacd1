"""Where is my message? From the servers' logs to a row for each recipient and organization."""
