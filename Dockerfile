# The panel as an image: web server, workers and beat are the same image with other commands (docker-compose.yml).

FROM python:3.13-slim AS packages
COPY requirements.txt /tmp/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt

FROM python:3.13-slim
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
USER panel
VOLUME /var/lib/configureme
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
CMD ["gunicorn", "-c", "python:panel.gunicorn", "--bind", "0.0.0.0:8000"]
