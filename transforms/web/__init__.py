"""The way to the web: polite, bounded, suspicious.

``policy`` decides when a feed is asked and what an answer (a 404, a 429, a redirect) does to
it; ``client`` asks; ``access`` is what feeds and pages share.
"""
