"""SERVER: what the world may ask over HTTP; a door per concern, each in its own module, put together in `assembly`."""
