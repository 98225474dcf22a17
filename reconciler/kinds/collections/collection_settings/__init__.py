"""The organisation's settings for collections: time zone, cycles, limits and hours."""
