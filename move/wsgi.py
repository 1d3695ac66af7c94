import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "move.settings.prod")

application = get_wsgi_application()

from common.roles import refuse_to_serve_as_owner  # noqa: E402 - settings are read once Django is set up

refuse_to_serve_as_owner()
