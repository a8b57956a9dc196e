"""How it leaves: SMTP as bytes in and bytes out, what replies mean, pace, the sender. Knows no newsletter."""
