# newsbeam as an image:
#   docker build --tag newsbeam:0.1.0 .
#   docker run --volume news:/data --volume "$PWD/my.toml:/etc/newsbeam/newsbeam.toml:ro" newsbeam:0.1.0
# keeps reading what the configuration names; its output.path is below /data. One run:
#   docker run --no-healthcheck … newsbeam:0.1.0 run /etc/newsbeam/newsbeam.toml
FROM python:3.11-slim

LABEL org.opencontainers.image.title="newsbeam" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"

WORKDIR /opt/newsbeam/source
RUN python -m venv /opt/newsbeam/venv
ENV PATH="/opt/newsbeam/venv/bin:$PATH"

# What is pinned and hashed first: it changes least.
COPY requirements/run.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements/run.txt
COPY . .
RUN pip install --no-cache-dir --disable-pip-version-check --no-build-isolation --no-deps .

# The licences and notices of all that came along, models and data included.
RUN mkdir -p /usr/share/doc/newsbeam && cp LICENSE /usr/share/doc/newsbeam/
RUN cd /opt/newsbeam/venv/lib/python3.11/site-packages && find . -type f \( -iname 'LICEN[CS]E*' -o -iname 'NOTICE*' -o -iname 'COPYING*' -o -path '*/enrich/data/README.md' \) -exec cp --parents '{}' /usr/share/doc/newsbeam/ ';'

# A number, so that a cluster can see that it is not root.
RUN useradd --uid 10001 --user-group --home-dir /data --create-home --shell /usr/sbin/nologin newsbeam
USER 10001:10001
WORKDIR /data

# For the stream; it answers in the container alone. A single run ends before it is asked.
HEALTHCHECK --interval=1m --timeout=10s --start-period=5m \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9321/healthz', timeout=8)"]
# SIGTERM finishes the batch in progress: stop with --time 60.
STOPSIGNAL SIGTERM
ENTRYPOINT ["newsbeam"]
CMD ["stream", "/etc/newsbeam/newsbeam.toml", "--health-port", "9321", "--log-format", "json"]
