"""What the channel of a workflow or strategy step means."""
