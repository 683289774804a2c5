"""The bytes that operations use, the same as in cell processes in other languages."""


def pattern(length):
    """Test pattern: byte i is (131 i + floor(i / 256)) mod 256; period 64 KiB."""
    period = bytes((131 * i + (i >> 8)) & 255 for i in range(min(length, 1 << 16)))
    return (period * (length // (1 << 16) + 1))[:length]
