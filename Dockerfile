# One image for every process; the command says which. The target `load` adds locust, `spark` Spark.
# docs/containers.md has what takes which part of it, and how the base is pinned by its digest.
ARG PYTHON_IMAGE=python:3.13-slim-trixie
ARG SPARK_IMAGE=apache/spark:4.3.0

FROM ${PYTHON_IMAGE} AS build
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON=/usr/local/bin/python \
    UV_PYTHON_DOWNLOADS=never \
    UV_FROZEN=1
# binutils: `slim` strips two libraries of their debugging symbols.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/* \
    && pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY deploy/containers/slim /usr/local/bin/slim
COPY pyproject.toml uv.lock ./
# Not the project, whose sources are copied, and not its extra `local`: here each process is a
# container of its own.
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --no-default-groups --group tracing --no-install-project \
    && bash slim .venv \
    && uv export -q --no-default-groups --group tracing --format cyclonedx1.5 \
        --preview-features sbom-export -o sbom.cdx.json

FROM build AS build-load
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --no-default-groups --group tracing --group load --no-install-project \
    && bash slim .venv \
    && uv export -q --no-default-groups --group tracing --group load --format cyclonedx1.5 \
        --preview-features sbom-export -o sbom.cdx.json

FROM ${SPARK_IMAGE} AS spark-official

# Its PySpark as files: from the official image's zip each process would compile it anew.
FROM build AS build-spark
COPY --from=spark-official /opt/spark /opt/spark
RUN python -m zipfile -e /opt/spark/python/lib/py4j-*-src.zip /opt/spark/python \
    && python -m compileall -q /opt/spark/python/pyspark /opt/spark/python/py4j \
    && rm -rf /opt/spark/examples /opt/spark/data /opt/spark/R

FROM ${PYTHON_IMAGE} AS base
# The ids are said, so that a volume keeps its owner whatever base is below. /data is made here, so
# that a volume mounted on it belongs to the user, too.
RUN groupadd --system --gid 10001 tillstream \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --no-log-init \
        --shell /usr/sbin/nologin tillstream \
    && install -d -o tillstream -g tillstream /data \
    && printf '#!/bin/sh\nexec python -m command "$@"\n' >/usr/local/bin/tillstream \
    && chmod 755 /usr/local/bin/tillstream
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    ENTRYPOINT_HOST=0.0.0.0 \
    DASHBOARD_HOST=0.0.0.0 \
    ARCHIVE_API_HOST=0.0.0.0 \
    LOG_FORMAT=json
USER 10001:10001
LABEL org.opencontainers.image.title="Tillstream" \
    org.opencontainers.image.description="Live sales of a bakery chain, every figure provable" \
    org.opencontainers.image.licenses="MIT"

# The packages come before the sources: a commit changes the last layers only.
FROM base AS load
COPY --from=build-load /app/.venv .venv
COPY --from=build-load /app/sbom.cdx.json ./
COPY . .
ARG VERSION=unknown REVISION=unknown
ENV TILLSTREAM_COMMIT=$REVISION
LABEL org.opencontainers.image.version=$VERSION org.opencontainers.image.revision=$REVISION

# Drivers and workers of a cluster: Spark and its Java are the official image's, Python and sources
# are ours, since executors load the same decoders.
FROM base AS spark
COPY --from=spark-official /opt/java/openjdk /opt/java/openjdk
COPY --from=build-spark /opt/spark /opt/spark
COPY --from=build /app/.venv .venv
COPY --from=build /app/sbom.cdx.json ./
COPY . .
ENV JAVA_HOME=/opt/java/openjdk \
    SPARK_HOME=/opt/spark \
    PYTHONPATH=/opt/spark/python
ARG VERSION=unknown REVISION=unknown
ENV TILLSTREAM_COMMIT=$REVISION
LABEL org.opencontainers.image.version=$VERSION org.opencontainers.image.revision=$REVISION

FROM base AS app
COPY --from=build /app/.venv .venv
COPY --from=build /app/sbom.cdx.json ./
COPY . .
ARG VERSION=unknown REVISION=unknown
ENV TILLSTREAM_COMMIT=$REVISION
LABEL org.opencontainers.image.version=$VERSION org.opencontainers.image.revision=$REVISION
CMD ["python", "-m", "entrypoint"]
