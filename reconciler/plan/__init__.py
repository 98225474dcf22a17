"""JUDGEMENT: pure decisions from catalog, snapshot, facts and time to a plan."""
