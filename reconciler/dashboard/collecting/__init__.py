"""The pages of collections: the engine, a campaign's accounts and forecast, and one account."""
