"""HEARTBEAT: gather, decide, do; settle what a crash left behind."""
