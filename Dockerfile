# The page as a container: no root, no compiler, a file system that may be read-only. docs/guide/deploy.md says how to
# run it. deploy/try_image.py carries out these steps without Docker; keep to RUN, COPY, ENV, WORKDIR and the like.
FROM python:3.13-slim-bookworm AS build
WORKDIR /build
COPY requirements-install.txt requirements-server.txt ./
RUN python3 -m venv /opt/tco && /opt/tco/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-install.txt
RUN /opt/tco/bin/uv pip install -q --python /opt/tco/bin/python --compile-bytecode --require-hashes -r requirements-server.txt
COPY pyproject.toml README.md LICENSE app.py server.py answering.py local_llm_tco.py ./
COPY .streamlit .streamlit
COPY docs/model docs/model
COPY calculator calculator
COPY measurements measurements
COPY serving serving
COPY views views
RUN /opt/tco/bin/uv pip install -q --python /opt/tco/bin/python --compile-bytecode --no-deps --no-build-isolation --offline .
RUN /opt/tco/bin/uv pip uninstall -q --python /opt/tco/bin/python hatchling editables pathspec trove-classifiers pluggy uv && find /opt/tco -name pip -prune -exec rm -rf {} +

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tco && install -d -o 10001 -g 10001 -m 700 /var/lib/local-llm-tco
COPY --from=build /opt/tco /opt/tco
ENV PATH=/opt/tco/bin:/usr/local/bin:/usr/bin:/bin
ENV HOME=/tmp
ENV PYTHONDONTWRITEBYTECODE=1
ENV PYTHONUNBUFFERED=1
ENV STREAMLIT_SERVER_ADDRESS=0.0.0.0
ENV STREAMLIT_SERVER_HEADLESS=true
# A name to print; without it Streamlit asks a host outside for its own address.
ENV STREAMLIT_BROWSER_SERVER_ADDRESS=localhost
ENV TCO_MODE=team
# Results that the store did not take wait here: mount a volume, or they are gone with the container.
ENV MEASUREMENTS_WAITING=/var/lib/local-llm-tco
WORKDIR /tmp
USER 10001:10001
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/api/ready?need=catalogue', timeout=4)"]
ENTRYPOINT ["local-llm-tco"]
