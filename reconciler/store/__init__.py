"""MEMORY: actual state, event log and intents; the only room that speaks SQL."""
