"""What Postfix and Dovecot speak with the policy server: each protocol translates, the deciding is done elsewhere."""
