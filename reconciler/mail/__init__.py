"""THE POST: templates, letters, MIME, signatures. It knows mail, and nothing of manifests, kinds or stores."""
