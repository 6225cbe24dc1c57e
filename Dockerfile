# One image for every process; the command says which. The target `load` adds locust.
FROM python:3.13-slim-trixie AS build
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON=/usr/local/bin/python \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-cache --no-install-project --no-default-groups

FROM build AS build-load
RUN uv sync --frozen --no-cache --no-install-project --no-default-groups --group load

FROM python:3.13-slim-trixie AS base
# /data is made here, so that a volume mounted on it belongs to the user, too.
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin tillstream \
    && install -d -o tillstream -g tillstream /data
WORKDIR /app
COPY entrypoint entrypoint
COPY analytics analytics
COPY persistence persistence
COPY dashboard dashboard
COPY events events
COPY jobs jobs
COPY jobs.toml jobs.toml
COPY alerts alerts
COPY alerts.toml alerts.toml
COPY streams streams
COPY generator generator
COPY loadtest loadtest
COPY local local
COPY command command
COPY spark spark
COPY tillstream tillstream
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    ENTRYPOINT_HOST=0.0.0.0 \
    DASHBOARD_HOST=0.0.0.0 \
    ARCHIVE_API_HOST=0.0.0.0 \
    LOG_FORMAT=json
USER 10001

FROM base AS load
COPY --from=build-load /app/.venv .venv

FROM base AS app
COPY --from=build /app/.venv .venv
CMD ["python", "-m", "entrypoint"]
