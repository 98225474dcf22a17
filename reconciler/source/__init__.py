"""EARS: manifests and definitions read from files, strictly."""
