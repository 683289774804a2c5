"""The bytes that operations work on, the same as in every other language's cell process."""


def pattern(length):
    """Bytes of which the i-th is (131 i + floor(i / 256)) mod 256. They repeat after 64 KiB."""
    period = bytes((131 * i + (i >> 8)) & 255 for i in range(min(length, 1 << 16)))
    return (period * (length // (1 << 16) + 1))[:length]
