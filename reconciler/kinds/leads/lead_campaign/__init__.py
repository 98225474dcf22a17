"""A campaign version that takes inbound leads and distributes them to buyers."""
