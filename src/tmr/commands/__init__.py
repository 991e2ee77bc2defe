"""The commands of `tmr`, one file each; a command imports what it needs when it runs."""
