"""THE ENGINE: lanes of outside work, run in slices by whoever is there. It knows no kind."""
