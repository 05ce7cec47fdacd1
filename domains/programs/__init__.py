"""Mail programs that set themselves up: what they ask for, answered from a domain's platform."""
