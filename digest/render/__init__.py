"""How it looks: themes, Markdown to safe e-mail HTML, MJML, plain text, slots, RFC 5322 bytes. Knows no recipient."""
