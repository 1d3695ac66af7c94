# Production image: locked wheels only, static files collected, an account without privileges.

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/move
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements/base.txt requirements/
RUN pip install --require-hashes --only-binary :all: --requirement requirements/base.txt
COPY . .
# Collecting static files reads the settings, not the services: these values serve nothing else.
RUN DJANGO_SETTINGS_MODULE=move.settings.prod DJANGO_SECRET_KEY=build FIELD_ENCRYPTION_KEYS=build MATCHING_KEY=build AUDIT_SEAL_KEYS=build EMAIL_URL=dummymail:// \
    DATABASE_URL=postgresql://build@localhost/build REDIS_URL=redis://localhost/0 \
    python manage.py collectstatic --noinput --verbosity 0 && python -m compileall -q .

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=move.settings.prod
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin move \
    && install --directory --owner move --group move --mode 0700 /var/lib/move /var/lib/move-files /var/lib/move-audit
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/move /srv/move
WORKDIR /srv/move
USER move
EXPOSE 8000
CMD ["gunicorn", "move.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "4", \
     "--worker-class", "gthread", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--log-level", "warning"]
