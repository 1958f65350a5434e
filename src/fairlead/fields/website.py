"""Web addresses: does a text look like one. Stored as sent, with or without a scheme."""

_SCHEMES = ("http", "https", "ftp")


def is_website(text: str) -> bool:
    """Whether `text`, already without outer blanks, is a web address: `www.example.com`, `https://a.test:80/b?c`.

    Vendor: silent on what a Website field takes. The scheme may be missing; if there is one it is http, https
    or ftp; the host has a dot or is `localhost`; no blanks anywhere. IP addresses of version 6 are not taken.
    """
    if len(text.split(None, 1)) != 1 or not text.isprintable():
        return False
    scheme, separator, rest = text.partition("://")
    if not separator:
        rest = text
    elif scheme.lower() not in _SCHEMES:
        return False
    for end in "/?#":
        rest = rest.partition(end)[0]
    host, colon, port = rest.rpartition("@")[2].partition(":")
    if colon and not (port.isdigit() and port.isascii()):
        return False
    labels = host.removesuffix(".").split(".")
    if len(labels) < 2 and host.lower() != "localhost":
        return False
    return all(label and label.replace("-", "a").replace("_", "a").isalnum() for label in labels)
