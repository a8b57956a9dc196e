"""How digest.toml is read: `lines` where a key stands, `keys` which there are, `notation` how values are written,
`sheet` one reading that goes on after each mistake, `tables` what each table becomes. `digest.config` is the door."""
