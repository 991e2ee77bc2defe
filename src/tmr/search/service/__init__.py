"""INDEX → answers over HTTP: what `tmr serve` is made of."""
