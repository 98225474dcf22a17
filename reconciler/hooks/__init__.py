"""THE CALLS: other people's HTTP servers, called carefully. Nothing else opens HTTP connections. It knows no kind."""
