"""One file a transport; its name is its `kind`. Shared code of the room sits one level up."""
