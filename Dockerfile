# The panel as an image: web server, workers and beat are the same image with other commands (docker-compose.yml).

FROM python:3.13-slim AS packages
COPY requirements.txt /tmp/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt

FROM python:3.13-slim AS program
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin panel \
    && install --directory --owner=panel --mode=0700 /var/lib/configureme
COPY --from=packages /venv /venv
COPY . /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOG_FORMAT=json \
    VAR_DIR=/var/lib/configureme
WORKDIR /app
RUN python -m panel.catalogues

# The mail servers: Postfix and Dovecot are started by root and give their processes users of their own.
FROM program AS mail
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        postfix postfix-pgsql dovecot-imapd dovecot-lmtpd dovecot-sieve dovecot-managesieved dovecot-pgsql dovecot-sqlite \
        rspamd redis-server \
    && rm -rf /var/lib/apt/lists/*
VOLUME /var/lib/mailflow
EXPOSE 25 587 993

FROM program AS panel
USER panel
VOLUME /var/lib/configureme
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
CMD ["gunicorn", "-c", "python:panel.gunicorn", "--bind", "0.0.0.0:8000"]
