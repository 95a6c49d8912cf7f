# The production image: without compiler, root user and development dependencies.
FROM python:3.13-slim AS build
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
COPY sql sql
COPY migrations migrations
RUN python -m venv /opt/eventapi \
    && /opt/eventapi/bin/pip install --no-cache-dir --constraint constraints.txt '.[s3,redis]'

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent eventapi \
    && install --directory --owner eventapi /var/lib/eventapi
COPY --from=build /opt/eventapi /opt/eventapi
ENV PATH=/opt/eventapi/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    EVENTAPI_PROFILE=production \
    EVENTAPI_HOST=0.0.0.0 \
    EVENTAPI_PORT=8000 \
    EVENTAPI_DATA_DIR=/var/lib/eventapi
USER eventapi
EXPOSE 8000
VOLUME /var/lib/eventapi
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"EVENTAPI_PORT\"]}/health/ready', timeout=2)"]
ENTRYPOINT ["eventapi"]
CMD ["serve"]
