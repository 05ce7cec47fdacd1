"""Asking the DNS: questions and answers, the wire reader, the engine. No Django."""
