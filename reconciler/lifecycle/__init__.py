"""LAW: pure checks of a kind definition, paths through a lifecycle, and pictures of it."""
